/** -p PORT/sctp where the kernel has it (the module sctp; test/vm): no socket holds the port and nothing copies, the kernel leads it. */

import { afterEach, describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, ready, useEngine } from "./harness.ts";
import { HOST, OUTSIDE, Outside, Place } from "./outside.ts";

const SOCKET = "use Socket; $| = 1; socket(S, PF_INET, SOCK_STREAM, 132) or die $!;";
/** Tells each client its address. */
const SERVER = `${SOCKET} bind(S, sockaddr_in(9000, INADDR_ANY)) or die $!; listen(S, 5) or die $!; print "ready\\n";
	while (my $from = accept(C, S)) { syswrite(C, inet_ntoa((sockaddr_in($from))[1])); close(C) }`;
const CLIENT = `${SOCKET} alarm(3); connect(S, sockaddr_in($ARGV[1], inet_aton($ARGV[0]))) or die $!;
	sysread(S, my $told, 64); print $told`;

describe.skipIf(!(ready && requires("outside", "perl", "sctp")))("a port of SCTP", () => {
	const engine = useEngine("sctp");
	afterEach(() => engine.removeAll());
	const placeOf = async (name: string) => new Place(Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", name)));
	const publish = (name: string) =>
		engine.run("run", "-d", "--name", name, "-p", "9001:9000/sctp", IMAGE, "sleep", "1000");

	test("is reached from outside, from the host, by 127.0.0.1 and by a neighbour, until the container ends", async () => {
		await using outside = await Outside.open();
		expect(await publish("server")).toMatchObject({ code: 0 });
		await engine.ok("run", "-d", "--name", "neighbour", IMAGE, "sleep", "1000");
		const [server, neighbour] = [await placeOf("server"), await placeOf("neighbour")];
		const host = new Place(process.pid);
		await server.spawn("perl", "-e", SERVER).prints("ready");
		const told = async (from: Place, address: string) => (await from.run("perl", "-e", CLIENT, address, "9001")).stdout;
		const gateway = /via (\S+)/.exec(
			await engine.ok("exec", "server", "ip", "route", "show", "default"),
		)?.[1] as string;
		expect(await engine.ok("port", "server")).toContain(`9000/sctp -> 0.0.0.0:9001`);
		expect(await told(outside, HOST)).toBe(OUTSIDE);
		expect(await told(host, HOST)).toBe(HOST);
		expect(await told(host, "127.0.0.1")).toBe(gateway);
		expect(await told(neighbour, gateway)).toBe(gateway);
		await server.close();
		await engine.ok("rm", "-f", "server");
		expect(await told(outside, HOST)).toBe("");
		for (const place of [neighbour, host]) await place.close();
	});

	test("is one container's at a time", async () => {
		expect(await publish("first")).toMatchObject({ code: 0 });
		const { code, stderr } = await publish("second");
		expect(code).toBe(125);
		expect(stderr).toContain("publish 0.0.0.0:9001/sctp: port is already allocated to container first");
	});
});
