/** Which fields of one --mount go together. Pure: nothing is looked up. */

import { refusalOfTarget } from "../runtime/target.ts";
import type { Draft } from "./mount-fields.ts";

const PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

/** What docker's client finds wrong with the whole of it; undefined if nothing is. */
export function clashOf({ mount, groups }: Draft): string | undefined {
	const { type, target, readOnly, recursive, propagation } = mount;
	if (type === "") return "type is required";
	if (target === "") return "target is required";
	for (const group of ["volume", "image", "bind", "tmpfs"])
		if (groups.has(group) && type !== group) return `cannot mix '${group}-*' options with mount type '${type}'`;
	if (recursive !== "writable" && recursive !== "readonly") return undefined;
	const needs = (what: string) =>
		`option 'bind-recursive=${recursive}' requires '${what}' to be specified in conjunction`;
	if (!readOnly) return needs("readonly");
	if (recursive === "readonly" && propagation !== "rprivate") return needs("bind-propagation=rprivate");
	return undefined;
}

/** What docker's daemon finds wrong with it; undefined if nothing is. */
export function refusalOfMount(mount: Draft["mount"]): string | undefined {
	const refuse = Object.hasOwn(OF_TYPE, mount.type) ? OF_TYPE[mount.type] : undefined;
	const source = mount.type === "bind" ? mount.source : undefined;
	const ofTarget = refusalOfTarget(mount.target, source);
	return ofTarget ?? (refuse ? refuse(mount) : "mount type unknown");
}

const OF_TYPE: Record<string, (mount: Draft["mount"]) => string | undefined> = {
	bind({ source, propagation }) {
		if (source === undefined) return "field Source must not be empty";
		if (propagation !== undefined && !PROPAGATIONS.includes(propagation))
			return `invalid propagation mode: ${propagation}`;
		return source.startsWith("/") ? undefined : `invalid mount path: '${source}' mount path must be absolute`;
	},
	volume({ source, subpath, readOnly }) {
		if (subpath !== undefined && source === undefined) return "must not set Subpath when using anonymous volumes";
		if (subpath !== undefined && !isLocal(subpath)) return "subpath must be a relative path within the volume";
		return readOnly && source === undefined ? "must not set ReadOnly mode when using anonymous volumes" : undefined;
	},
	tmpfs: ({ source }) => (source === undefined ? undefined : "field Source must not be specified"),
	image({ source, subpath }) {
		if (source === undefined) return "field Source must not be empty";
		return subpath === undefined || isLocal(subpath) ? undefined : "subpath must be a relative path within the volume";
	},
};

/** Go's filepath.IsLocal: by its text it does not leave the directory. */
function isLocal(path: string): boolean {
	if (path.startsWith("/")) return false;
	let depth = 0;
	for (const part of path.split("/")) {
		if (part === "..") depth--;
		else if (part !== "" && part !== ".") depth++;
		if (depth < 0) return false;
	}
	return true;
}

/** What a type that bunker has not would be, for those who know it from elsewhere. */
export function typeHint(type: string): string | undefined {
	if (Object.hasOwn(OF_TYPE, type)) return undefined;
	const known = "types are bind, volume, tmpfs and image";
	if (type === "npipe") return `${known}; docker has npipe for Windows only`;
	if (type === "cluster") return `${known}; cluster is of swarms, and bunker runs on one host`;
	if (type === "devpts") return `${known}; every container has a devpts of its own on /dev/pts`;
	return known;
}
