/** A guard: a tape that waits until a process has ended, and then thaws what that had frozen. */

import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_WRONLY, POLLIN } from "../../ffi/constants.ts";
import { Load, Tape } from "../kernel/tape.ts";
import { type Compiled, writePolicy } from "./policy.ts";
import { NO_MONITOR } from "./waiting.ts";

export interface GuardFacts {
	/** pidfd of the process */
	process: number;
	/** where the mark is made that says that there was a pause */
	runDirectory: number;
	mark: string;
	/** the file that thaws, and what is written to it */
	freezer: { file: string; thawed: string };
}

/** Compiles a guard. Numbers are the helper's. */
export function compileGuard({ process, runDirectory, mark, freezer }: GuardFacts): Compiled {
	const tape = new Tape();
	const policy = writePolicy(tape, NO_MONITOR);
	const poll = tape.block(8);
	tape.word32(poll, process);
	tape.word32(poll.plus(4), POLLIN);
	const thawed = new TextEncoder().encode(freezer.thawed);
	const file = tape.slot();
	tape.step("begin a session of its own", "setsid", []);
	tape.step("leave the working directory", "chdir", [tape.text("/")]);
	tape.step("wait for the end of bunker", "ppoll", [poll, 1, 0, 0, 0]);
	const create = O_WRONLY | O_CREAT | O_CLOEXEC;
	tape.step(`make ${mark}`, "openat", [runDirectory, tape.text(mark), create, 0o600], { okay: ["ENOENT"] });
	tape.step(`open ${freezer.file}`, "openat", [AT_FDCWD, tape.text(freezer.file), O_WRONLY | O_CLOEXEC, 0], {
		store: file,
	});
	tape.step("thaw the container", "write", [new Load(file), tape.bytes(thawed), thawed.length], { full: true });
	tape.step("end", "exit_group", [0]);
	return { tape, policy };
}
