/**
 * Links of a root on the way to where something is mounted, followed before it
 * is: in the layers, which nobody has mounted then. docker makes what a link
 * leads to, and mkdir(2) follows none; and what lies in what is seen without
 * them. Inside /proc nothing can be mounted that way either, and a tmpfs has the
 * mode of what it lies on (runc, rootfs_linux.go: checkProcMount, createOpenMountpoint).
 */

import { isDirectory } from "../../ffi/directory.ts";
import { EXIT, Failure } from "../failure.ts";
import { followLinks, modeIn } from "../image/image.ts";
import type { Mount, Spec } from "../runtime/runtime.ts";
import { byDepth, inheritsMode, isAsked } from "./mounting.ts";

/** @param directories what the root is made of, the topmost first */
export async function follow<Some extends Pick<Spec, "mounts"> & { process?: Spec["process"] }>(
	directories: readonly string[],
	spec: Some,
): Promise<Some> {
	const there = directories.filter(isDirectory);
	const covered = new Set(["/proc", "/sys", "/dev"]);
	const mounts: Mount[] = [];
	for (const mount of spec.mounts) {
		const destination = isAsked(mount)
			? ((await followLinks(there, mount.destination, covered)) ?? mount.destination)
			: mount.destination;
		if (destination !== mount.destination) refuseInside(mount.destination, destination);
		covered.add(destination);
		const mode = inheritsMode(mount) && !isBelow(covered, destination) ? await modeIn(there, destination) : undefined;
		const options = mode === undefined ? mount.options : [`mode=${(mode & 0o7777).toString(8)}`, ...mount.options];
		mounts.push({ ...mount, destination, options });
	}
	const { process } = spec;
	const cwd = process && ((await followLinks(there, process.cwd, covered)) ?? process.cwd);
	return { ...spec, mounts: byDepth(mounts), ...(process && { process: { ...process, cwd } }) };
}

/** What is mounted above a path is not in the layers. */
const isBelow = (covered: ReadonlySet<string>, path: string): boolean =>
	[...covered].filter((above) => path.startsWith(`${above}/`)).length > 0;

function refuseInside(typed: string, destination: string): void {
	const refuse = (why: string) =>
		new Failure(`mount on ${typed}: a link of the image leads to ${destination}, ${why}`, { exitCode: EXIT.refused });
	if (destination === "/") throw refuse("which is the container's root");
	if (destination === "/proc") throw refuse("which cannot be mounted over because it is not of type proc");
	if (destination.startsWith("/proc/")) throw refuse("which cannot be mounted over because it is inside /proc");
}
