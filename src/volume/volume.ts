/**
 * Volumes: directories with a name that outlive containers. Rows and
 * directories only: what is mounted is mounted in the container, never on the
 * host. This file is the folder's face.
 */

export { provide, putAway } from "./content.ts";
export { dropVolumes } from "./dropping.ts";
export type { PrunedVolumes } from "./remove.ts";
export { checkVolume } from "./rules.ts";
export { createVolume, listVolumes, pruneVolumes, removeVolume, volumeUsage } from "./seldom.ts";
export { type BoundSource, type MadeSource, type Source, sourceOf } from "./source.ts";
export {
	ANONYMOUS_LABEL,
	all,
	ensure,
	find,
	get,
	type NewVolume,
	use,
	usedBy,
	usersOf,
	type Volume,
} from "./table.ts";
export type { VolumeUsage } from "./usage.ts";
