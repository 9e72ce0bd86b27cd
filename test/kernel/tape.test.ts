/** Lists played by the real helper: what the player promises, without any container. */

import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_RDONLY, RESOLVE_IN_ROOT, SIGCHLD } from "../../ffi/constants.ts";
import { close } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { packetPair, receive } from "../../ffi/socket.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import { cloneArguments, openHow } from "../../ffi/structures.ts";
import { decodePacket, PACKET, REPORT_READY } from "../../ffi/tape.ts";
import { openNull } from "../../src/container/play.ts";
import { stepFailure } from "../../src/container/step-failure.ts";
import { Load, Tape } from "../../src/kernel/tape.ts";
import { Descriptors } from "../../src/runtime/descriptors.ts";
import { type Policy, writePolicy } from "../../src/runtime/policy.ts";
import { whileSwapped } from "./while-swapped.ts";

/** Builds a tape, plays it, and gives the packets that came back. */
async function played(build: (tape: Tape, policy: Policy) => void): Promise<{ tape: Tape; packets: number[][] }> {
	const control = packetPair();
	const descriptors = new Descriptors(openNull());
	const tape = new Tape();
	const policy = writePolicy(tape, {
		terminal: false,
		exec: true,
		remove: false,
		detached: false,
		control: descriptors.pass(control[1]),
		cli: -1,
		sync: -1,
		lock: -1,
		runDirectory: -1,
		logDirectory: -1,
		home: -1,
		callers: [],
		log: { driver: "none", maxSize: 0, maxFiles: 1, name: "" },
	});
	build(tape, policy);
	const job = sealedMemfd("job", tape.encode(policy.place));
	const helper = spawnHelper(descriptors.withJob(job), "test");
	close(job);
	close(control[1]);
	const packets: number[][] = [];
	for (let bytes = receive(control[0], 12); bytes; bytes = receive(control[0], 12)) {
		const packet = decodePacket(bytes);
		if (packet) packets.push([packet.type, packet.value, packet.extra]);
	}
	close(control[0]);
	close(helper.pidfd);
	return { tape, packets };
}

function fork(tape: Tape): void {
	const args = cloneArguments(0, SIGCHLD);
	tape.step("fork", "clone3", [tape.bytes(args), args.length], { parent: "monitor" });
}

function program(tape: Tape, policy: Policy, ...args: string[]): void {
	tape.step("ready", "write", [policy.report, tape.bytes(Uint8Array.of(REPORT_READY)), 1], { full: true });
	tape.step("unblock", "rt_sigprocmask", [2, tape.bytes(new Uint8Array(8)), 0, 8]);
	const argv = tape.pointers(args.map((one) => tape.text(one)));
	tape.step(`execute ${args[0]}`, "execve", [tape.text(args[0] as string), argv, tape.pointers([])]);
}

describe("the player", () => {
	test("says which step failed, and with which errno", async () => {
		const { tape, packets } = await played((tape) => {
			tape.step("ask for our number", "getpid", []);
			tape.step("open /nosuch", "openat", [AT_FDCWD, tape.text("/nosuch"), O_RDONLY, 0]);
			tape.step("never played", "getpid", []);
		});
		expect(packets).toEqual([[PACKET.type.failed, 1, 2]]);
		expect(stepFailure(tape.steps, 1, 2).message).toBe("step 2/3: open /nosuch: ENOENT (no such file or directory)");
	});

	test("says the same of a step after the fork", async () => {
		const { packets } = await played((tape) => {
			fork(tape);
			tape.step("enter /nosuch", "chdir", [tape.text("/nosuch")]);
		});
		expect(packets.map(([type]) => type)).toEqual([PACKET.type.forked, PACKET.type.failed]);
		expect(packets[1]).toEqual([PACKET.type.failed, 1, 2]);
	});

	test("goes on over an errno that a step allows, and only that", async () => {
		const { packets } = await played((tape) => {
			const path = tape.text("/nosuch");
			tape.step("allowed", "chdir", [path], { okay: ["ENOTDIR", "ENOENT"] });
			tape.step("not allowed", "chdir", [path], { okay: ["ENOTDIR"] });
		});
		expect(packets).toEqual([[PACKET.type.failed, 1, 2]]);
	});

	test("hands the result of a step to a later one", async () => {
		const { packets } = await played((tape) => {
			const fd = tape.slot();
			tape.step("open /dev/zero", "openat", [AT_FDCWD, tape.text("/dev/zero"), O_RDONLY | O_CLOEXEC, 0], { store: fd });
			tape.step("read four bytes", "read", [new Load(fd), tape.block(4), 4], { full: true });
			tape.step("close it", "close", [new Load(fd)]);
			tape.step("read from what is closed", "read", [new Load(fd), tape.block(4), 4]);
		});
		expect(packets).toEqual([[PACKET.type.failed, 3, 9]]);
	});

	test("takes a short read for a failure where the whole was asked for", async () => {
		const { packets } = await played((tape) => {
			const fd = tape.slot();
			tape.step("open /dev/null", "openat", [AT_FDCWD, tape.text("/dev/null"), O_RDONLY, 0], { store: fd });
			tape.step("read four bytes", "read", [new Load(fd), tape.block(4), 4], { full: true });
		});
		expect(packets).toEqual([[PACKET.type.failed, 1, 32]]);
	});

	test("follows `..` below a root while somebody else renames all the time", async () => {
		const at = mkdtempSync("/tmp/bunker-tape-");
		for (const name of ["d", "x", "y"]) mkdirSync(`${at}/${name}`);
		const walk = (tape: Tape) => {
			const root = tape.slot();
			tape.step("open the root", "openat", [AT_FDCWD, tape.text(at), O_PATH | O_DIRECTORY, 0], { store: root });
			const how = openHow(O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_IN_ROOT);
			const path = tape.text("d/../".repeat(200));
			for (let round = 0; round < 500; round++)
				tape.step("walk", "openat2", [new Load(root), path, tape.bytes(how), how.length]);
			tape.step("the end", "chdir", [tape.text("/nosuch")]);
		};
		const { packets } = await whileSwapped([`${at}/x`, `${at}/y`], () => played(walk));
		rmSync(at, { recursive: true });
		expect(packets).toEqual([[PACKET.type.failed, 501, 2]]);
	});

	test("runs a program, and gives its exit status", async () => {
		const { packets } = await played((tape, policy) => {
			fork(tape);
			program(tape, policy, "/bin/sh", "-c", "exit 7");
		});
		expect(packets.map(([type]) => type)).toEqual([PACKET.type.forked, PACKET.type.started, PACKET.type.exited]);
		expect(packets[2]?.[1]).toBe(7);
	});

	test("gives 128 + n for a program that a signal ended", async () => {
		const { packets } = await played((tape, policy) => {
			fork(tape);
			program(tape, policy, "/bin/sh", "-c", "kill -9 $$");
		});
		expect(packets.at(-1)).toEqual([PACKET.type.exited, 137, 0]);
	});
});
