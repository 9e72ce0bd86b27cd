/** Directories and files of the host that are mounted in a container: looked at before it starts. */

import { S_IFDIR } from "../../ffi/constants.ts";
import { makeDirectories } from "../../ffi/directory.ts";
import { typeIfThere } from "../../ffi/file.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { donorOf, isKernels, type Spec } from "../runtime/runtime.ts";
import type { Sources } from "./mount-sources.ts";
import { PROVIDED_OPTION } from "./mounting.ts";
import type { Point, RunOptions } from "./options.ts";
import { pointsOf } from "./points.ts";

/**
 * Looks at the sources of binds: one that is missing is made, as docker does for
 * -v, or refused.
 * @returns those that are directories
 * @throws Failure (125)
 */
function prepareBinds(spec: Pick<Spec, "mounts">, options: RunOptions): Set<string> {
	const directories = new Set<string>();
	for (const { type, source, options: words } of spec.mounts) {
		if (type !== "bind" || words.includes(PROVIDED_OPTION) || donorOf(source)) continue;
		const found = typeIfThere(source, 0);
		if (found === undefined) prepareMissing(source, pointsOf(options));
		if (found === undefined || found === S_IFDIR) directories.add(source);
	}
	return directories;
}

/** What the compiler has to know of the sources of mounts; those that are missing are made, or refused. */
export async function lookAtBinds(
	store: Store,
	spec: Pick<Spec, "mounts">,
	options: RunOptions,
): Promise<{ directories: Set<string> } & Partial<Sources>> {
	const directories = prepareBinds(spec, options);
	if (!needsLook(spec)) return { directories };
	return (await import("./mount-sources.ts")).lookAtSources(store, spec.mounts, directories, { planned: false });
}

/** True where there are images, parts of volumes, or file systems of theirs. */
function needsLook({ mounts }: Pick<Spec, "mounts">): boolean {
	for (const mount of mounts)
		if (mount.subpath !== undefined || !(mount.type === "bind" || mount.type === "tmpfs" || isKernels(mount)))
			return true;
	return false;
}

function prepareMissing(missing: string, points: readonly Point[]): void {
	const made = points.filter(({ type, create, source }) => type === "bind" && create && source === missing);
	if (made.length > 0) makeSource(missing);
	else
		throw new Failure(`invalid mount config for type "bind": bind source path does not exist: ${missing}`, {
			exitCode: EXIT.refused,
		});
}

function makeSource(source: string): void {
	try {
		makeDirectories(source);
	} catch (error) {
		throw new Failure(`make the volume's source ${source}: ${(error as Error).message}`, {
			exitCode: EXIT.refused,
			cause: error,
		});
	}
}
