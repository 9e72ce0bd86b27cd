/**
 * Volumes: directories with a name that outlive containers. Rows and
 * directories only: what is mounted is mounted in the container, never on the
 * host. This file is the folder's face.
 */

export { makeContent, removeContent } from "./content.ts";
export { drop, dropVolumes } from "./dropping.ts";
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
