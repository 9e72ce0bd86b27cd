/** `--storage-opt size=SIZE` (docker/cli, cli/command/container/opts.go: parseStorageOpts; moby, overlay2: parseStorageOpt). */

import type { RunOptions } from "../container/options.ts";
import { parseBinarySize } from "../size.ts";
import { malformed } from "./usage.ts";

/** @throws Failure (125) */
export function readStorage(values: { "storage-opt": string[]; rootfs?: string }): Pick<RunOptions, "storage"> {
	const typed: Record<string, string> = {};
	let size = 0;
	for (const option of values["storage-opt"]) {
		const equals = option.indexOf("=");
		if (equals < 0) throw malformed(`--storage-opt ${option}: invalid storage option: size=SIZE is expected`);
		const key = option.slice(0, equals);
		if (key.toLowerCase() !== "size") throw malformed(`--storage-opt ${option}: Unknown option ${key.toLowerCase()}`);
		typed[key] = option.slice(equals + 1);
		size = bytes(option, typed[key]);
	}
	if (values.rootfs)
		throw malformed(
			"--storage-opt limits what is written on top of an image: with --rootfs the directory is used as it is",
		);
	return { storage: { typed, size } };
}

function bytes(option: string, text: string): number {
	const size = parseBinarySize(text);
	if (size !== undefined && Number.isSafeInteger(size)) return size;
	throw malformed(`--storage-opt ${option}: invalid size: '${text}': a size as 512m or 10G is expected`);
}
