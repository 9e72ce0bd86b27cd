/** Signals by name and number, as Linux has them on x86-64 and arm64 (signal(7)). */

import { Failure } from "../failure.ts";

/** OCI image-spec, annotations.md: what `stop` sends. */
export const STOP_SIGNAL_ANNOTATION = "org.opencontainers.image.stopSignal";

const NAMES =
	"HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
		" ",
	);

const SIGRTMIN = 34;
const SIGRTMAX = 64;

/**
 * The number of a signal: `SIGTERM`, `term`, `15`, `SIGRTMIN+3`, `RTMAX-1`.
 * @throws Failure for anything else
 */
export function signalNumber(signal: string): number {
	const name = signal.toUpperCase().replace(/^SIG/, "");
	if (/^[0-9]+$/.test(name) && Number(name) >= 1 && Number(name) <= SIGRTMAX) return Number(name);
	const index = NAMES.indexOf({ IOT: "ABRT", CLD: "CHLD", POLL: "IO" }[name] ?? name);
	if (index >= 0) return index + 1;
	const real = /^RTM(IN|AX)([+-][0-9]+)?$/.exec(name);
	const number = real ? (real[1] === "IN" ? SIGRTMIN : SIGRTMAX) + Number(real[2] ?? 0) : 0;
	if (number >= SIGRTMIN && number <= SIGRTMAX) return number;
	throw new Failure(`invalid signal: ${signal}`);
}
