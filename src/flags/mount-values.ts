/**
 * The values of --mount, in docker's grammar and mostly in its words: first what
 * its client says (docker/cli, opts/mount.go), then what its daemon does (moby,
 * volume/mounts/linux_parser.go). Loaded where one is given. Whether a source is
 * there is looked up when the container is made.
 */

import type { MountOption } from "../container/options.ts";
import { clean } from "../path.ts";
import { csvFields } from "../text/csv.ts";
import { type Draft, readField } from "./mount-fields.ts";
import { clashOf, refusalOfMount, typeHint } from "./mount-rules.ts";
import { malformed } from "./usage.ts";
import { parseDriver } from "./volume-values.ts";

/**
 * Parses all `--mount` of a command line.
 * @throws Failure (125)
 */
export async function parseMounts(typed: readonly string[]): Promise<MountOption[]> {
	const drafts = typed.map(readMount);
	if (drafts.some(({ deprecated }) => deprecated)) {
		const { warn } = await import("./notice.ts");
		warn("bind-nonrecursive is deprecated, use bind-recursive=disabled instead");
	}
	return drafts.map(({ mount }) => checkMount(mount));
}

function readMount(typed: string): Draft {
	const wrong = (why: string) => malformed(`invalid argument ${JSON.stringify(typed)} for "--mount" flag: ${why}`);
	if (typed.trim() === "") throw wrong("value is empty");
	const fields = csvFields(typed);
	if (!fields) throw wrong("a quotation mark is out of place");
	const draft: Draft = { mount: { type: "volume", target: "" }, groups: new Set() };
	for (const field of fields) {
		const why = readField(draft, field);
		if (why !== undefined) throw wrong(why);
	}
	const why = clashOf(draft);
	if (why !== undefined) throw wrong(why);
	return draft;
}

function checkMount(mount: Draft["mount"]): MountOption {
	const { type, driver } = mount;
	const why = refusalOfMount(mount);
	if (why !== undefined) throw malformed(`invalid mount config for type "${type}": ${why}`, typeHint(type));
	if (driver !== undefined) parseDriver(driver);
	return { ...mount, ...cleaned(mount) } as MountOption;
}

/** Its paths, and what was typed where that is another. */
function cleaned({ type, source, target }: Draft["mount"]): Partial<MountOption> {
	const path = type === "bind" && source !== undefined ? clean(source) : source;
	const typed = { ...(path !== source && { source }), ...(clean(target) !== target && { target }) };
	const paths = { target: clean(target), ...(path !== undefined && { source: path }) };
	return Object.keys(typed).length > 0 ? { ...paths, typed } : paths;
}
