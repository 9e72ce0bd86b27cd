/** `cp`: between a container and the host. */

import { isTerminal, STDERR, STDIN, STDOUT, writeOut } from "../../ffi/output.ts";
import { waitReadable } from "../../ffi/process.ts";
import { type Copying, copyIn, copyOut, packOut, unpackIn } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { bool } from "../flags/flags.ts";
import type { Store } from "../kernel/store.ts";
import { formatSize } from "../text/size.ts";
import { containerPath, hostPath } from "../text/typed-path.ts";
import { openSource } from "./source.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n       bunker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
	operands: { least: 2, most: 2 },
	completes: ["spot"],
	flags: {
		archive: bool("a", "keep owners, by number; those in an archive are always kept"),
		"follow-link": bool("L", "copy what a link at SRC_PATH leads to, not the link"),
		quiet: bool("q", "do not say what was copied; nothing is said where stdout is no terminal"),
	},
	description:
		"A file is copied to a file of that name, or into a directory that is there; a directory into one that is there, or as one that is not. SRC_PATH/. is what is in a directory. - is an archive: of stdin, or to stdout.",
	examples: ["cp web:/etc/nginx .", "cp site/. web:/srv", "cp web:/var/log - | tar tv"],
	busy: true,
	async run({ values, operands: [source = "", destination = ""], open }) {
		if (source === "") throw new Failure("source can not be empty");
		if (destination === "") throw new Failure("destination can not be empty");
		const from = split(source);
		const to = split(destination);
		if (from.container && to.container) throw new Failure("copying between containers is not supported");
		const container = from.container || to.container;
		if (!container) throw new Failure("must specify at least one container source");
		if ((from.container ? from : to).path === "") throw new Failure("bad parameter: path cannot be empty");
		const inside = containerPath((from.container ? from : to).path);
		const copying = { container, inside, archive: values.archive, follow: values["follow-link"] };
		const host = from.container ? to.path : from.path;
		if (host === "-") {
			await (from.container ? packStdout : unpackStdin)(await open(), copying);
			return 0;
		}
		const copy = from.container ? copyOut : copyIn;
		const { bytes, path } = await copy(await open(), copying, hostPath(host));
		if (!values.quiet && isTerminal(STDOUT)) {
			const place = from.container ? path : `${container}:${path}`;
			writeOut(STDERR, `Successfully copied ${formatSize(bytes)} to ${place}\n`);
		}
		return 0;
	},
});

/**
 * `web:/etc` → the container and its path; what is absolute or begins with a
 * point is the host's, whatever else is in it (docker/cli, splitCpArg).
 */
function split(word: string): { container: string; path: string } {
	const colon = word.startsWith("/") || word.startsWith(".") ? -1 : word.indexOf(":");
	return { container: word.slice(0, Math.max(0, colon)), path: word.slice(colon + 1) };
}

async function packStdout(store: Store, copying: Copying): Promise<void> {
	if (isTerminal(STDOUT)) throw new Failure("cowardly refusing to write an archive to a terminal: redirect it");
	await packOut(store, copying, { fd: STDOUT, name: "standard output", isFile: false });
}

/** Nobody waits for the container while there is nothing to copy: what writes the archive may take its time. */
async function unpackStdin(store: Store, copying: Copying): Promise<void> {
	using archive = await openSource(undefined);
	waitReadable([STDIN]);
	await unpackIn(store, copying, archive);
}
