/** File systems in memory: --tmpfs and --shm-size. */

import type { RunOptions } from "../container/options.ts";
import { clean } from "../path.ts";
import { mergeTmpfsOptions } from "../runtime/tmpfs.ts";
import { parseBinarySize } from "../size.ts";
import { list, string, type Values } from "./flags.ts";
import { malformed } from "./usage.ts";

export const tmpfsFlags = {
	"shm-size": string("", "size of /dev/shm: 64m, 1g", { standard: "64m" }),
	tmpfs: list("", "mount a file system in memory: DIRECTORY[:OPTIONS], as size=64m,mode=1777,exec"),
};

/** @throws Failure (125) */
export function parseTmpfs(values: Values<typeof tmpfsFlags>): Pick<RunOptions, "tmpfs" | "shmSize"> {
	const tmpfs = values.tmpfs.map(parseOne);
	return { tmpfs: tmpfs.length > 0 ? tmpfs : undefined, shmSize: parseShm(values["shm-size"]) };
}

function parseOne(text: string): { target: string; options: string } {
	const colon = text.indexOf(":");
	const target = colon < 0 ? text : text.slice(0, colon);
	const options = colon < 0 ? "" : text.slice(colon + 1);
	const invalid = (why: string) => malformed(`--tmpfs ${text}: ${why}`);
	if (!target.startsWith("/")) throw invalid("the path in the container must be absolute");
	if (/^\/($|(proc|sys)(\/|$))/.test(clean(target))) throw invalid("nothing can be mounted there");
	const merged = mergeTmpfsOptions(options);
	if (merged.unknown !== undefined) throw invalid(`invalid tmpfs option "${merged.unknown}"`);
	return { target: clean(target), options };
}

/** docker: 0 is the default. */
function parseShm(text: string | undefined): number | undefined {
	if (!text) return undefined;
	const size = parseBinarySize(text);
	if (size === undefined) throw malformed(`--shm-size ${text}: a size as 64m or 1g is expected`);
	return size || undefined;
}
