/** A wait that costs nothing: a tape that sleeps and then becomes another program. No container is near. */

import { SIG_SETMASK } from "../../ffi/constants.ts";
import { Tape } from "../kernel/tape.ts";
import { type Compiled, type PolicyOptions, writePolicy } from "./policy.ts";

/** The policy of a tape that makes no monitor. */
export const NO_MONITOR: PolicyOptions = {
	terminal: false,
	exec: true,
	remove: false,
	detached: true,
	control: -1,
	cli: -1,
	sync: -1,
	lock: -1,
	runDirectory: -1,
	logDirectory: -1,
	home: -1,
	callers: [],
	log: { driver: "none", maxSize: 0, maxFiles: 1, name: "" },
};

/** Compiles a wait. @param argv the program that comes after it, its path first */
export function compileWait(milliseconds: number, argv: readonly string[], environment: readonly string[]): Compiled {
	const tape = new Tape();
	const policy = writePolicy(tape, NO_MONITOR);
	const time = tape.block(16);
	tape.word64(time, Math.floor(milliseconds / 1000));
	tape.word64(time.plus(8), (milliseconds % 1000) * 1_000_000);
	tape.step("begin a session of its own", "setsid", []);
	tape.step("leave the working directory", "chdir", [tape.text("/")]);
	tape.step(`wait ${milliseconds} ms`, "ppoll", [0, 0, time, 0, 0]);
	tape.step("unblock signals", "rt_sigprocmask", [SIG_SETMASK, tape.bytes(new Uint8Array(8)), 0, 8]);
	const list = (words: readonly string[]) => tape.pointers(words.map((word) => tape.text(word)));
	tape.step(`execute ${argv.join(" ")}`, "execve", [tape.text(argv[0] as string), list(argv), list(environment)]);
	return { tape, policy };
}
