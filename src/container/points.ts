/** What is mounted in a container for its user: of most containers nothing, or directories of the host. */

import type { Image } from "../image/image.ts";
import type { Point, RunOptions, VolumeOption } from "./options.ts";

/** True where there is more than `-v` with paths of the host: hardly ever, and then it is settled (settling.ts). */
export function needsSettling({ volumes, mounts, volumesFrom }: RunOptions, image: Image | undefined): boolean {
	if (mounts || volumesFrom) return true;
	for (const { named } of volumes) if (named) return true;
	for (const _ in image?.config.config.Volumes ?? {}) return true;
	return false;
}

/** True where mounts are to show up in a bind, or on the host, that were made on the other side: hardly ever. */
export function sharesWithHost(options: Pick<RunOptions, "points" | "volumes">): boolean {
	for (const { propagation } of options.points ?? options.volumes)
		if (propagation !== undefined && !propagation.endsWith("private")) return true;
	return false;
}

/** The points of a container. Rows of an older bunker have only `-v` with paths. */
export function pointsOf({ points, volumes }: RunOptions): readonly Point[] {
	return points ?? volumes.map(pointOf);
}

/** docker's mode of volumes that were given none: their content is labelled for SELinux (moby, daemon/volumes_unix.go). */
export const NAMED_MODE = "z";

/** What one `-v` comes to; a volume without a name has none yet. */
export function pointOf({ source, target, readOnly, named, mode, propagation, noCopy }: VolumeOption): Point {
	const common = { source, target, readOnly, mode: mode ?? (readOnly ? "ro" : "") };
	if (named)
		return { ...common, type: "volume", mode: common.mode || (source && NAMED_MODE), ...(noCopy && { noCopy }) };
	return { ...common, type: "bind", create: true, ...(propagation && { propagation }) };
}

/** Names of the volumes that it has without a name of the user's. */
export function anonymousOf({ points = [] }: RunOptions): string[] {
	return points.filter(({ anonymous }) => anonymous).map(({ source }) => source);
}
