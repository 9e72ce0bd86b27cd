/** A server that tells each client its address as it is seen here. usage: client-teller.ts tcp|udp ADDRESS PORT */

const [protocol, hostname = "::", port = "0"] = process.argv.slice(2);

/** An IPv4 client of a socket for both families is written as IPv4. */
const plain = (address: string) => address.replace(/^::ffff:/, "");

if (protocol === "udp") {
	await Bun.udpSocket({
		hostname,
		port: Number(port),
		socket: {
			data(socket, _, clientPort, address) {
				socket.send(plain(address), clientPort, address);
			},
		},
	});
} else {
	Bun.serve({
		hostname,
		port: Number(port),
		fetch: (request, server) => new Response(plain(server.requestIP(request)?.address ?? "")),
	});
}
console.log("ready");

export {};
