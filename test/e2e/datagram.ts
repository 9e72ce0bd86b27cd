/** Sends a datagram, again each tenth of a second until there is an answer, and prints it. usage: datagram.ts ADDRESS PORT [SOURCE-PORT] */

const [address = "", port = "", source] = process.argv.slice(2);
const answer = Promise.withResolvers<string>();
const socket = await Bun.udpSocket({
	hostname: address.includes(":") ? "::" : "0.0.0.0",
	...(source && { port: Number(source) }),
	socket: { data: (_, data) => answer.resolve(data.toString()) },
});
const send = () => socket.send("?", Number(port), address);
send();
const timer = setInterval(send, 100);
setTimeout(() => process.exit(1), 2000);
console.log(await answer.promise);
clearInterval(timer);
process.exit(0);

export {};
