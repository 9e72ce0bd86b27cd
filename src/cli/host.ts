/** Facts of the host that `info` prints. */

import { readFile } from "../../ffi/file.ts";

const textOf = (path: string): string => new TextDecoder().decode(readFile(path));

/** `1`, `2`, or `1 and 2` on a hybrid host, as the mounts say; `none` without any. */
export function cgroupVersion(): string {
	const types = textOf("/proc/self/mounts")
		.split("\n")
		.map((line) => line.split(" ")[2]);
	const found = [types.includes("cgroup") && "1", types.includes("cgroup2") && "2"].filter(Boolean);
	return found.join(" and ") || "none";
}
