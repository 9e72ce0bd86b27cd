/** The outside world itself: the tests that use it may trust it. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { requires } from "../requires.ts";
import { HOST, HOST6, listeners, OUTSIDE, OUTSIDE6, Outside, onHost, WIRE } from "./outside.ts";

const curl = (address: string) => ["curl", "-s", "-g", "--max-time", "5", `http://${address}:8080/`];

describe.skipIf(!requires("outside", "curl"))("the outside world", () => {
	test("reaches the host and is reached, at IPv4 and IPv6, and sees who asks", async () => {
		await using outside = await Outside.open();
		await outside.tellClients(8080);
		expect(outside.listens(8080)).toBe(true);
		expect(onHost(curl(OUTSIDE).join(" "))).toBe(HOST);
		expect(onHost(curl(`[${OUTSIDE6}]`).join(" "))).toBe(HOST6);
		await using server = Bun.serve({
			port: 8080,
			fetch: (request, own) => new Response(own.requestIP(request)?.address),
		});
		expect(server.port).toBe(8080);
		expect(listeners("self", "tcp")).toContain(8080);
		expect(await outside.ok(...curl(HOST))).toEndWith(OUTSIDE);
		expect(await outside.ok(...curl(`[${HOST6}]`))).toBe(OUTSIDE6);
	});

	test("tells a client of a datagram its address", async () => {
		await using outside = await Outside.open();
		await outside.tellClients(5353, "udp");
		const answer = Promise.withResolvers<string>();
		const socket = await Bun.udpSocket({ socket: { data: (_, data) => answer.resolve(data.toString()) } });
		socket.send("?", 5353, OUTSIDE);
		expect(await answer.promise).toBe(HOST);
		socket.close();
	});

	test("leaves nothing behind", async () => {
		const before = onHost("ip -o link");
		const outside = await Outside.open();
		await outside.answersTo("198.51.100.7");
		await outside.tellClients(8080);
		expect(onHost("busybox ping -c1 -W2 198.51.100.7")).toContain("1 packets received");
		await outside.close();
		expect(onHost("ip -o link")).toBe(before);
		expect(onHost("ip -o route")).not.toContain(WIRE);
		expect(existsSync(`/proc/${outside.pid}`)).toBe(false);
	});
});
