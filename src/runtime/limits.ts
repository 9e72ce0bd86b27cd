/** Limits of the program itself: setrlimit's, and how soon the OOM killer takes it. */

import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, O_WRONLY, RLIMITS } from "../../ffi/constants.ts";
import { encodeText } from "../../ffi/text.ts";
import { Load, type Tape } from "../kernel/tape.ts";
import type { Process } from "./spec.ts";

const INFINITY = 0xffff_ffff_ffff_ffffn;
const shown = (limit: number): string => (limit < 0 ? "unlimited" : String(limit));
const encoded = (limit: number): bigint => (limit < 0 ? INFINITY : BigInt(limit));

/** While we are root still: to raise a hard limit takes CAP_SYS_RESOURCE. */
export function setLimits(tape: Tape, { rlimits = [] }: Process): void {
	for (const { type, soft, hard } of rlimits) {
		const name = type.slice("RLIMIT_".length).toLowerCase();
		const pair = tape.bytes(new Uint8Array(BigUint64Array.of(encoded(soft), encoded(hard)).buffer));
		tape.step(`limit ${name} to ${shown(soft)}, hard ${shown(hard)}`, "prlimit64", [
			0,
			RLIMITS[name] as number,
			pair,
			0,
		]);
	}
}

/** Before the clone, where an OOM score is to be set: takes the host's /proc. @returns where its descriptor is */
export function takeProc(tape: Tape, { oomScoreAdj }: Process): Load | undefined {
	if (oomScoreAdj === undefined) return undefined;
	const proc = tape.slot();
	const flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	tape.step("open the host's /proc", "openat", [AT_FDCWD, tape.text("/proc"), flags, 0], { store: proc });
	return new Load(proc);
}

/**
 * In the child, first of all: not through the container's /proc, in whose place
 * there may be something else by the time of an exec (CVE-2019-16884), and with
 * nothing of the host's left open when paths of the container are looked up.
 */
export function setOomScore(tape: Tape, proc: Load | undefined, { oomScoreAdj }: Process): void {
	if (proc === undefined) return;
	const file = tape.slot();
	const bytes = encodeText(String(oomScoreAdj));
	const path = tape.text("self/oom_score_adj");
	tape.step("open /proc/self/oom_score_adj", "openat", [proc, path, O_WRONLY | O_CLOEXEC, 0], { store: file });
	tape.step(
		`set the OOM score adjustment to ${oomScoreAdj}`,
		"write",
		[new Load(file), tape.bytes(bytes), bytes.length],
		{
			full: true,
		},
	);
	for (const fd of [new Load(file), proc]) tape.step("close it", "close", [fd]);
}
