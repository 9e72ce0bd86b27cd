/**
 * The last steps: where the program begins, what it inherits, and its execve. A name without a
 * slash is looked for in PATH, one execve a directory.
 */

import {
	AT_FDCWD,
	CLOSE_RANGE_CLOEXEC,
	O_CLOEXEC,
	O_DIRECTORY,
	O_PATH,
	RESOLVE_IN_ROOT,
	SIG_SETMASK,
	SIGCHLD,
	TIOCSPGRP,
} from "../../ffi/constants.ts";
import { cloneArguments, openHow } from "../../ffi/structures.ts";
import { REPORT_READY } from "../../ffi/tape.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";
import type { Policy } from "./policy.ts";
import type { Process } from "./spec.ts";

/**
 * Enters a directory of the container. Not by chdir(2): no link of /proc may
 * lead anywhere but below the root (openat2(2), RESOLVE_IN_ROOT).
 */
export function enterDirectory(tape: Tape, path: string): void {
	const root = tape.slot();
	const directory = tape.slot();
	const how = openHow(O_PATH | O_DIRECTORY | O_CLOEXEC, RESOLVE_IN_ROOT);
	tape.step("open /", "openat", [AT_FDCWD, tape.text("/"), O_PATH | O_DIRECTORY | O_CLOEXEC, 0], { store: root });
	tape.step(`open ${path} below it`, "openat2", [new Load(root), tape.text(path), tape.bytes(how), how.length], {
		store: directory,
	});
	tape.step(`enter ${path}`, "fchdir", [new Load(directory)]);
	for (const fd of [root, directory]) tape.step("close it", "close", [new Load(fd)]);
}

/** Says to the monitor that all is ready; with the monitor dead this fails, and so the tape ends. */
export function reportReady(tape: Tape, policy: Policy): void {
	tape.step("mark all other descriptors to be closed", "close_range", [3, 0xffffffff, CLOSE_RANGE_CLOEXEC]);
	tape.step(
		"tell the monitor that the program comes next",
		"write",
		[policy.report, tape.bytes(Uint8Array.of(REPORT_READY)), 1],
		{ full: true },
	);
}

/** `--init`: what is PID 1 so far stays as the reaper, the program becomes its child. */
export function forkInit(tape: Tape, terminal: boolean): void {
	const args = cloneArguments(0, SIGCHLD);
	tape.step("fork: PID 1 stays behind as the reaper", "clone3", [tape.bytes(args), args.length], { parent: "init" });
	tape.step("make a process group", "setpgid", [0, 0]);
	if (!terminal) return;
	const self = tape.slot();
	tape.step("ask for our number", "getpid", [], { store: self });
	tape.step("make it the terminal's foreground group", "ioctl", [0, TIOCSPGRP, self]);
}

/**
 * The execve steps.
 * @param home `HOME=…` of /etc/passwd, added where the variables have none
 */
export function execute(tape: Tape, process: Process, home: Place): void {
	tape.step("unblock signals", "rt_sigprocmask", [SIG_SETMASK, tape.bytes(new Uint8Array(8)), 0, 8]);
	const argv = tape.pointers(process.args.map((argument) => tape.text(argument)));
	const variables = process.env.map((variable) => tape.text(variable));
	if (process.env.filter((variable) => variable.startsWith("HOME=")).length === 0) variables.push(home);
	const envp = tape.pointers(variables);
	const [program = ""] = process.args;
	const candidates = program.includes("/") ? [program] : searchPath(program, process.env);
	for (const [index, path] of candidates.entries()) {
		const last = index === candidates.length - 1;
		// What LookPath of Go's os/exec passes over: not there, not executable.
		tape.step(`execute ${path}`, "execve", [tape.text(path), argv, envp], {
			okay: last ? [] : ["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG"],
		});
	}
}

/** Where a name may be, by PATH of the program's own environment; an empty part is the working directory. */
export function searchPath(name: string, env: readonly string[]): string[] {
	const path =
		env
			.filter((variable) => variable.startsWith("PATH="))
			.pop()
			?.slice(5) ?? "";
	return path.split(":").map((directory) => (directory ? `${directory}/${name}` : `./${name}`));
}
