/** Asks 127.0.0.11 for a name, two hundred times, and prints the median in milliseconds. usage: asker.ts NAME */

import * as dns from "dns-packet";

const ROUNDS = 200;
const name = process.argv[2] as string;
const question = { type: "query", id: 0, flags: dns.RECURSION_DESIRED, questions: [{ name, type: "A", class: "IN" }] };
const packet = dns.encode(question as unknown as Parameters<typeof dns.encode>[0]);

let answered: (reply: Uint8Array) => void = () => undefined;
const socket = await Bun.udpSocket({
	connect: { hostname: "127.0.0.11", port: 53 },
	socket: { data: (_, reply) => answered(reply) },
});
const times: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
	const before = Bun.nanoseconds();
	const reply = await new Promise<Uint8Array>((resolve) => {
		answered = resolve;
		socket.send(packet);
	});
	times.push((Bun.nanoseconds() - before) / 1e6);
	// NOERROR, and one answer.
	if (((reply[3] as number) & 15) !== 0 || reply[7] !== 1) throw new Error(`${name} is not answered`);
}
times.sort((one, other) => one - other);
console.log(times[ROUNDS / 2]);
socket.close();
