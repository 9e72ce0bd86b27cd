/**
 * The program's standard streams: pipes to the monitor, or a pty of the
 * container's own devpts whose master goes to the monitor. Nothing of the
 * caller's ever reaches the program.
 */

import {
	AF_UNIX,
	AT_FDCWD,
	O_CLOEXEC,
	O_NOCTTY,
	O_RDWR,
	SCM_RIGHTS,
	SOCK_CLOEXEC,
	SOCK_DGRAM,
	SOL_SOCKET,
	TIOCGPTPEER,
	TIOCSCTTY,
	TIOCSPTLCK,
	TIOCSWINSZ,
} from "../../ffi/constants.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";
import type { Policy } from "./policy.ts";

export interface Stdio {
	terminal: boolean;
	/** of the caller's terminal, so that the program finds it so from the start; undefined: the kernel's 0 x 0 */
	size?: { rows: number; columns: number };
	/** stdin is passed through; otherwise it is /dev/null */
	interactive: boolean;
}

/** Before the clone: the pipes, or the socket on which the pty's master will come. */
export function prepareStdio(tape: Tape, policy: Policy, stdio: Stdio): void {
	if (stdio.terminal) {
		tape.step("make a socket for the terminal's master", "socketpair", [
			AF_UNIX,
			SOCK_DGRAM | SOCK_CLOEXEC,
			0,
			policy.terminalSocket,
		]);
		return;
	}
	if (stdio.interactive) tape.step("make a pipe for stdin", "pipe2", [policy.stdinPipe, O_CLOEXEC]);
	tape.step("make a pipe for stdout", "pipe2", [policy.stdoutPipe, O_CLOEXEC]);
	tape.step("make a pipe for stderr", "pipe2", [policy.stderrPipe, O_CLOEXEC]);
}

/**
 * In the container, with /dev in place: makes the pty and sends its master out.
 * The peer is opened by TIOCGPTPEER, not by a path that the container could have changed.
 * @returns where the terminal's descriptor is
 */
export function makeTerminal(tape: Tape, policy: Policy, { size }: Stdio): Place {
	const { message, descriptor: master } = rightsMessage(tape);
	const peer = tape.slot();
	tape.step(
		"open a new terminal, /dev/pts/ptmx",
		"openat",
		[AT_FDCWD, tape.text("/dev/pts/ptmx"), O_RDWR | O_NOCTTY | O_CLOEXEC, 0],
		{ store: master },
	);
	tape.step("unlock the terminal", "ioctl", [new Load(master), TIOCSPTLCK, tape.bytes(new Uint8Array(4))]);
	tape.step(
		"open the program's side of the terminal",
		"ioctl",
		[new Load(master), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC],
		{ store: peer },
	);
	if (size) {
		const { rows, columns } = size;
		const bytes = tape.bytes(new Uint8Array(Uint16Array.of(rows, columns, 0, 0).buffer));
		tape.step(`give the terminal ${rows} rows and ${columns} columns`, "ioctl", [new Load(master), TIOCSWINSZ, bytes]);
	}
	tape.step("send the terminal's master to the monitor", "sendmsg", [
		new Load(policy.terminalSocket.plus(4)),
		message,
		0,
	]);
	tape.step("close the terminal's master", "close", [new Load(master)]);
	return peer;
}

/** A struct msghdr with one byte and one descriptor (unix(7), SCM_RIGHTS); a step stores the descriptor in it. */
function rightsMessage(tape: Tape): { message: Place; descriptor: Place } {
	const byte = tape.bytes(Uint8Array.of(0));
	const iovec = tape.block(16);
	tape.pointer(iovec, byte);
	tape.word64(iovec.plus(8), 1);
	const control = tape.block(24); // CMSG_SPACE(4)
	tape.word64(control, 20); // CMSG_LEN(4)
	tape.word32(control.plus(8), SOL_SOCKET);
	tape.word32(control.plus(12), SCM_RIGHTS);
	const message = tape.block(56);
	tape.pointer(message.plus(16), iovec);
	tape.word64(message.plus(24), 1);
	tape.pointer(message.plus(32), control);
	tape.word64(message.plus(40), 24);
	return { message, descriptor: control.plus(16) };
}

/** Makes the terminal the controlling one of a new session, and the program's streams. */
export function useTerminal(tape: Tape, peer: Place): void {
	tape.step("make the terminal the controlling one", "ioctl", [new Load(peer), TIOCSCTTY, 0]);
	for (const [fd, name] of ["stdin", "stdout", "stderr"].entries())
		tape.step(`make the terminal ${name}`, "dup3", [new Load(peer), fd, 0]);
}

/**
 * Makes the pipes' ends the program's streams. Without -i stdin stays what the
 * helper was started with, /dev/null: of bunker's, not of the container's,
 * which may have put a FIFO in its place that blocks who opens it.
 */
export function usePipes(tape: Tape, policy: Policy, interactive: boolean): void {
	if (interactive) tape.step("make the pipe stdin", "dup3", [new Load(policy.stdinPipe), 0, 0]);
	tape.step("make the pipe stdout", "dup3", [new Load(policy.stdoutPipe.plus(4)), 1, 0]);
	tape.step("make the pipe stderr", "dup3", [new Load(policy.stderrPipe.plus(4)), 2, 0]);
}
