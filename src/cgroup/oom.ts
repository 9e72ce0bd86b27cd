/** What tells of OOM kills in a cgroup: descriptors that a monitor watches (ffi/helper/oom.c). */

import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../ffi/constants.ts";
import { close, openIfThere } from "../../ffi/file.ts";
import { attempt, call } from "../../ffi/system.ts";
import { encodeText } from "../../ffi/text.ts";
import { type Group, groupWith } from "./hierarchy.ts";

/** Two descriptors, on v2 one and the same; closed at the end of the scope. */
export interface OomWatch extends Disposable {
	/** ready when memory runs out; -1: nobody tells */
	wake: number;
	/** has a line `oom_kill N` */
	file: number;
}

/**
 * Opens the count of OOM kills of a cgroup that is there, and asks to be told:
 * of v1 by an eventfd (cgroup-v1/memcg_test.rst, memory.rst section 10), v2 by
 * the file itself.
 * @returns undefined where no memory controller is
 */
export function watchOom(groups: readonly Group[]): OomWatch | undefined {
	const group = groupWith(groups, "memory");
	if (!group) return undefined;
	const { path, hierarchy } = group;
	const file = openIfThere(`${path}/${hierarchy.version === 2 ? "memory.events" : "memory.oom_control"}`, O_RDONLY);
	if (file === undefined) return undefined;
	const wake = hierarchy.version === 2 ? file : register(path, file);
	return {
		wake,
		file,
		[Symbol.dispose]: () => {
			close(file);
			if (wake >= 0 && wake !== file) close(wake);
		},
	};
}

/** Where that is refused (v1's notifications are to go), the end of the program still finds the count. */
function register(path: string, file: number): number {
	const control = openIfThere(`${path}/cgroup.event_control`, O_WRONLY);
	if (control === undefined) return -1;
	const wake = call("make an eventfd", "eventfd2", 0, O_CLOEXEC | O_NONBLOCK);
	const line = encodeText(`${wake} ${file}`);
	const result = attempt("write", control, line, line.length);
	close(control);
	if (result >= 0) return wake;
	close(wake);
	return -1;
}
