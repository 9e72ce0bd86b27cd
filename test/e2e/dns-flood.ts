/** A container that means no good: datagrams and connections full of anything, at 127.0.0.11. Prints "done", and keeps what it has open. */

const SERVER = "127.0.0.11";
const random = (most: number) => Math.floor(Math.random() * most);
const bytes = (size: number) => crypto.getRandomValues(new Uint8Array(size));

/** A question for a name that does not end. */
const pointers = Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1);
/** A question for a.evil, which others are to answer. */
const outward = Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 97, 4, 101, 118, 105, 108, 0, 0, 1, 0, 1);

const udp = await Bun.udpSocket({ connect: { hostname: SERVER, port: 53 } });
for (let round = 0; round < 5000; round++) {
	const spoilt = outward.slice();
	for (let times = random(6); times > 0; times--) spoilt[random(spoilt.length)] = random(256);
	udp.send([pointers, outward, spoilt, bytes(random(1500)), bytes(random(12))][round % 5] as Uint8Array);
	if (round % 100 === 0) await Bun.sleep(1);
}

/** What each connection says, and then waits: half a packet, a length without one, junk, questions without end that it reads no answer to. */
const says = [
	Uint8Array.of(0),
	Uint8Array.of(255, 255, 1),
	bytes(5000),
	Buffer.alloc(60_000, Buffer.from([0, 24, ...outward])),
];
const open: unknown[] = [];
for (let round = 0; round < 64; round++) {
	const socket = await Promise.race([
		Bun.connect({
			hostname: SERVER,
			port: 53,
			socket: { data: (one) => one.pause(), error() {}, connectError() {} },
		}).catch(() => undefined),
		Bun.sleep(50).then(() => undefined),
	]);
	socket?.write(says[round % says.length] as Uint8Array);
	open.push(socket);
}
console.log("done");
await Bun.sleep(100_000_000);

export {};
