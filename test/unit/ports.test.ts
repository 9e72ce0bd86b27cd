/** How ports are shown: `ps`, `port`, `inspect`. The cases of PORTS are docker's own (docker/cli, formatter/container_test.go: TestDisplayablePorts). */

import { describe, expect, test } from "bun:test";
import { portsText } from "../../src/cli/ports-text.ts";
import { portMap, type ShownPort } from "../../src/container/shown-ports.ts";
import { compareNaturally } from "../../src/text/natural.ts";

/** `4.3.2.1 8899 9988/tcp`: the host's address and port, the container's; or the last alone. */
function ports(...texts: string[]): ShownPort[] {
	return texts.map((text) => {
		const [inside = "", host, address] = text.split(" ").reverse();
		const [port, protocol] = inside.split("/");
		const shown = { port: Number(port), protocol: protocol as ShownPort["protocol"] };
		return address === undefined ? shown : { ...shown, address, host: Number(host) };
	});
}

describe("PORTS", () => {
	test.each<[string[], string]>([
		[[], ""],
		[["9988/tcp"], "9988/tcp"],
		[["9988/udp"], "9988/udp"],
		[["4.3.2.1 8899 9988/tcp"], "4.3.2.1:8899->9988/tcp"],
		[["::1 8899 9988/tcp"], "[::1]:8899->9988/tcp"],
		[["4.3.2.1 9988 9988/tcp"], "4.3.2.1:9988->9988/tcp"],
		[["::1 9988 9988/tcp"], "[::1]:9988->9988/tcp"],
		[["9988/udp", "9988/udp"], "9988/udp, 9988/udp"],
		[["1.2.3.4 9998 9998/udp", "1.2.3.4 9999 9999/udp"], "1.2.3.4:9998-9999->9998-9999/udp"],
		[["::1 9998 9998/udp", "::1 9999 9999/udp"], "[::1]:9998-9999->9998-9999/udp"],
		[["1.2.3.4 8887 9998/udp", "1.2.3.4 8888 9999/udp"], "1.2.3.4:8887->9998/udp, 1.2.3.4:8888->9999/udp"],
		[["9998/udp", "9999/udp"], "9998-9999/udp"],
		[["1.2.3.4 7766 6677/tcp", "9988/udp"], "9988/udp, 1.2.3.4:7766->6677/tcp"],
		[
			["1.2.3.4 8899 9988/udp", "1.2.3.4 8899 9988/tcp", "4.3.2.1 3322 2233/tcp", "::1 3322 2233/tcp"],
			"4.3.2.1:3322->2233/tcp, [::1]:3322->2233/tcp, 1.2.3.4:8899->9988/tcp, 1.2.3.4:8899->9988/udp",
		],
		[
			["80/tcp", "1024/tcp", "80/udp", "1024/udp", "1.1.1.1 80 1024/tcp", "1.1.1.1 1024 80/tcp", "12345/sctp"],
			"80/tcp, 80/udp, 1024/tcp, 1024/udp, 12345/sctp, 1.1.1.1:1024->80/tcp, 1.1.1.1:80->1024/tcp",
		],
		[["0.0.0.0 8080 80/tcp", ":: 8080 80/tcp"], "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"],
		[["10/tcp", "11/tcp", "15/tcp", "13/tcp"], "10-11/tcp, 13/tcp, 15/tcp"],
	])("%j: %s", (given, text) => {
		expect(portsText(ports(...given))).toBe(text);
	});
});

test("NetworkSettings.Ports has every address of a port, and null for one that is exposed only", () => {
	const map = portMap(ports("80/tcp", ":: 3456 80/tcp", "0.0.0.0 3456 80/tcp", "443/tcp", "127.0.0.1 53 53/udp"));
	expect(Object.entries(map)).toEqual([
		["443/tcp", null],
		["53/udp", [{ HostIp: "127.0.0.1", HostPort: "53" }]],
		[
			"80/tcp",
			[
				{ HostIp: "0.0.0.0", HostPort: "3456" },
				{ HostIp: "::", HostPort: "3456" },
			],
		],
	]);
});

test("lines with numbers are sorted as people count", () => {
	const lines = [
		"443/udp -> [::]:1",
		"443/tcp -> [::]:1",
		"443/tcp -> 0.0.0.0:1",
		"80/tcp -> 0.0.0.0:10",
		"80/tcp -> 0.0.0.0:9",
	];
	expect(lines.sort(compareNaturally)).toEqual([
		"80/tcp -> 0.0.0.0:9",
		"80/tcp -> 0.0.0.0:10",
		"443/tcp -> 0.0.0.0:1",
		"443/tcp -> [::]:1",
		"443/udp -> [::]:1",
	]);
});
