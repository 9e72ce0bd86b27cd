/** A directory that would be copied into itself: it would never end. */

import { O_CLOEXEC, O_DIRECTORY, O_PATH } from "../../ffi/constants.ts";
import { close } from "../../ffi/file.ts";
import { Stat } from "../../ffi/stat.ts";
import { attempt } from "../../ffi/system.ts";
import { Failure } from "../failure.ts";
import type { Spot } from "./spot.ts";

const UP = O_PATH | O_DIRECTORY | O_CLOEXEC;
/** As many as a path may have: deeper than that nobody made it by accident. */
const MOST = 4096;

/** @throws Failure where the target is in the source, as far as that can be seen from the target upwards */
export function refuseInside(source: Stat, from: Spot, to: Spot): void {
	const stat = new Stat();
	let above = "";
	let fd = attempt("openat", to.directory, ".", UP);
	for (let steps = 0; fd >= 0 && steps < MOST; steps++) {
		stat.of(fd);
		const isRoot = stat.identity === above;
		above = stat.identity;
		const isSource = stat.isSame(source);
		const next = isRoot || isSource ? -1 : attempt("openat", fd, "..", UP);
		close(fd);
		if (isSource) throw intoItself(from, to);
		fd = next;
	}
	if (fd >= 0) close(fd);
}

export const intoItself = (from: Spot, to: Spot): Failure =>
	new Failure(`cannot copy the directory ${from.path} into itself, ${to.path}`);
