/** 127.0.0.11 in a fresh network namespace: the rules as nft lists them, sockets behind port 53, and what they are sent. */

import { afterEach, describe, expect, test } from "bun:test";
import { readlinkSync } from "node:fs";
import { close, open } from "../../ffi/file.ts";
import { boundPort, giveTo, takeFrom } from "../../ffi/inet.ts";
import { waitReadable } from "../../ffi/process.ts";
import { closeDoors, type Doors, openDoors } from "../../src/names/doors.ts";
import { Place } from "../e2e/outside.ts";
import { requires } from "../requires.ts";

describe.skipIf(!requires("root", "unshare", "nft", "dig", "outside"))("the doors of a network namespace", () => {
	const undo: (() => void)[] = [];
	afterEach(() => {
		for (const one of undo.splice(0).reverse()) one();
	});

	/** A network namespace with nothing in it but the loopback, as a container's is. */
	async function fresh(): Promise<{ place: Place; namespace: number }> {
		const holder = Bun.spawn(
			["unshare", "--net", "sh", "-c", "busybox ip link set lo up && echo ready && exec sleep 1000"],
			{
				stdout: "pipe",
			},
		);
		undo.push(() => holder.kill("SIGKILL"));
		await holder.stdout.getReader().read();
		const namespace = open(`/proc/${holder.pid}/ns/net`, 0);
		undo.push(() => close(namespace));
		return { place: new Place(holder.pid), namespace };
	}

	const ports = (doors: Doors) => ({ udp: boundPort(doors.udp), tcp: boundPort(doors.tcp) });

	test("are rules that write ports into packets and back, of the loopback alone", async () => {
		const { place, namespace } = await fresh();
		const doors = openDoors(namespace);
		undo.push(() => closeDoors(doors));
		const { udp, tcp } = ports(doors);
		expect(await place.ok("nft", "-n", "list", "ruleset")).toBe(`table ip bunker-names {
	chain output {
		type filter hook output priority -150; policy accept;
		oif != "lo" accept
		ip daddr 127.0.0.11 udp dport 53 udp dport set ${udp}
		ip saddr 127.0.0.11 udp sport ${udp} udp sport set 53
		ip daddr 127.0.0.11 tcp dport 53 tcp dport set ${tcp}
		ip saddr 127.0.0.11 tcp sport ${tcp} tcp sport set 53
	}
}`);
	});

	test("are made again in the place of others, whose rules are gone", async () => {
		const { place, namespace } = await fresh();
		closeDoors(openDoors(namespace));
		const doors = openDoors(namespace);
		undo.push(() => closeDoors(doors));
		const listed = await place.ok("nft", "-n", "list", "ruleset");
		expect(listed.split("udp dport 53").length - 1).toBe(1);
		expect(listed).toContain(`udp dport set ${ports(doors).udp}`);
	});

	test("keep a question until somebody takes it, whose answer comes from port 53", async () => {
		const { place, namespace } = await fresh();
		const doors = openDoors(namespace);
		undo.push(() => closeDoors(doors));
		const client = place.run("dig", "@127.0.0.11", "+tries=1", "+time=5", "x.test");
		expect(waitReadable([doors.udp], 5000)).toEqual([doors.udp]);
		const [buffer, from] = [new Uint8Array(512), new Uint8Array(28)];
		const got = takeFrom(doors.udp, buffer, from) as number;
		const reply = buffer.slice(0, got);
		reply[2] = 0x81;
		reply[3] = 0x83;
		giveTo(doors.udp, reply, from);
		const { code, stdout } = await client;
		expect(code).toBe(0);
		expect(stdout).toContain("status: NXDOMAIN");
		expect(stdout).toContain("SERVER: 127.0.0.11#53");
	});

	test("are another namespace's: ours has no such rules, and this thread is back in it", async () => {
		const before = readlinkSync("/proc/thread-self/ns/net");
		const { namespace } = await fresh();
		const doors = openDoors(namespace);
		undo.push(() => closeDoors(doors));
		expect(Bun.spawnSync(["nft", "list", "tables"]).stdout.toString()).not.toContain("bunker-names");
		expect(readlinkSync("/proc/thread-self/ns/net")).toBe(before);
	});
});
