/** Clients of the resolver by TCP, on real sockets. */

import { describe, expect, test } from "bun:test";
import { EPOLLIN } from "../../ffi/epoll.ts";
import { bindAnywhere } from "../../ffi/inet.ts";
import { Loop } from "../../src/kernel/loop.ts";
import { Clients } from "../../src/names/clients.ts";
import { framed } from "../../src/names/frames.ts";

const LOCALHOST = Uint8Array.of(127, 0, 0, 1);
const QUESTIONS = 4000;

describe("clients of the resolver", () => {
	test("that ask thousands of questions in one go let others have their turn in between", async () => {
		const loop = new Loop();
		const [door, other] = [bindAnywhere("tcp", LOCALHOST), bindAnywhere("tcp", LOCALHOST)];
		const question = framed(new Uint8Array(12));
		const all = new Uint8Array(question.length * QUESTIONS);
		for (let at = 0; at < all.length; at += question.length) all.set(question, at);
		const sockets = await Promise.all(
			[door, other].map(({ port }) => Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } })),
		);
		sockets[0]?.write(all);
		sockets[0]?.flush();
		await Bun.sleep(50);
		// Somebody else who waits all the time: their turns are the loop's rounds.
		let served = 0;
		let sinceTurn = 0;
		let most = 0;
		loop.watch(other.fd, EPOLLIN, () => {
			sinceTurn = 0;
		});
		const deadlines = loop.deadlinesOf(10_000);
		const clients = new Clients(loop, door.fd, deadlines, new Uint8Array(65536), () => {
			most = Math.max(most, ++sinceTurn);
			if (++served === QUESTIONS) loop.end();
		});
		deadlines.set(loop, () => loop.end());
		loop.run();
		expect(served).toBe(QUESTIONS);
		expect(most).toBeLessThan(100);
		clients.close();
		loop.close(other.fd);
		for (const socket of sockets) socket.end();
	});
});
