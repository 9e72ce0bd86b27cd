/** What copies for published ports where the kernel cannot lead: with many clients, and what it costs. ::1 is such a way. */

import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ready, until, untilIdle, useEngine } from "./harness.ts";
import { onHost, Place } from "./outside.ts";

const able = ready && requires("outside", "curl");

/** FORWARD_PAIRS (ffi/helper/forwarder.h) */
const ROOM = 1024;

/** Clients that say nothing. */
class Idlers implements AsyncDisposable {
	private readonly sockets: { end: () => void }[] = [];
	closed = 0;

	async connect(count: number, port: number): Promise<void> {
		const socket = { data() {}, close: () => void this.closed++ };
		for (let at = 0; at < count; at++) this.sockets.push(await Bun.connect({ hostname: "::1", port, socket }));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.sockets) socket.end();
	}
}

describe.skipIf(!able)("the forwarder", () => {
	const engine = useEngine("forwarder");
	afterEach(() => engine.removeAll());

	/** A container that publishes port 80 at 8080, and holds all connections there. */
	const start = async (): Promise<Place> => {
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", IMAGE, "sleep", "1000");
		const place = new Place(Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", "web")));
		await place.tellClients(80);
		return place;
	};

	const fetched = (...more: string[]) => onHost(["curl -sS -g --max-time 5 http://[::1]:8080/", ...more].join(" "));

	/** The one child of the container's monitor that has its name. */
	const pidOf = (place: Place): number => {
		const monitor = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${place.pid}/status`, "utf8"))?.[1];
		return Number(onHost(`pgrep -P ${monitor} -x bunker-forward`));
	};

	test("serves who comes after more idle clients than it has room for", async () => {
		const place = await start();
		const gateway = fetched();
		await using idlers = new Idlers();
		await idlers.connect(ROOM + 100, 8080);
		expect(fetched()).toBe(gateway);
		await until("those that were still longest have been ended", () => idlers.closed > 100);
		expect(idlers.closed).toBeLessThan(ROOM);
		await place.close();
	});

	test("with two hundred clients has less than 150 kB of memory, and wakes up for nothing", async () => {
		const place = await start();
		await using idlers = new Idlers();
		await idlers.connect(200, 8080);
		// Its buffer, all of it.
		writeFileSync(`${engine.directory}/much`, new Uint8Array(1 << 20));
		fetched("-T", `${engine.directory}/much`);
		const pid = pidOf(place);
		await until("all are open", () => onHost(`ls /proc/${pid}/fd`).split("\n").length > 400);
		await untilIdle(pid);
		const pss = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
		expect(pss).toBeLessThan(150);
		await place.close();
	});
});
