/** Which hierarchies of cgroups are mounted here, as bunker itself sees them (cgroups(7), proc_pid_mountinfo(5)). */

import { readFileIfThere } from "../../ffi/file.ts";
import type { Hierarchy } from "./hierarchy.ts";

let known: Hierarchy[] | undefined;

/**
 * The hierarchies of this host, or of the container that bunker runs in; none
 * where nothing is mounted. Looked for once.
 */
export function detect(): Hierarchy[] {
	known ??= hierarchiesOf(textOf("/proc/self/cgroup"));
	return known;
}

/**
 * The hierarchies in which another process is in another cgroup than we are,
 * `own` being its. Where it is in ours there is nothing to join, and maybe
 * nothing that could be written, as in a container.
 * @param pid of a process that lives
 */
export function hierarchiesFor(pid: number): Hierarchy[] {
	const ours = textOf("/proc/self/cgroup").split("\n");
	const lines = textOf(`/proc/${pid}/cgroup`).split("\n");
	return hierarchiesOf(lines.filter((line) => !ours.includes(line)).join("\n"));
}

const hierarchiesOf = (cgroups: string): Hierarchy[] =>
	hierarchiesIn(textOf("/proc/self/mountinfo"), cgroups, (mount) => textOf(`${mount}/cgroup.controllers`));

function textOf(path: string): string {
	return new TextDecoder().decode(readFileIfThere(path) ?? new Uint8Array());
}

interface Mounted {
	/** what of the hierarchy it shows, from the cgroup namespace's root */
	root: string;
	mount: string;
	version: 1 | 2;
}

/**
 * The hierarchies of these texts. One that is mounted nowhere is not there; of
 * one that is mounted twice the first that shows all of it is taken. A v2 mount
 * that begins outside of our cgroup namespace is no use: with `nsdelegate` the
 * kernel lets nobody move out there (cgroup-v2.rst, Delegation Containment).
 * @param controllersOf what `cgroup.controllers` says at a v2 mount
 */
export function hierarchiesIn(
	mountinfo: string,
	cgroups: string,
	controllersOf: (mount: string) => string,
): Hierarchy[] {
	const mounts = mountsIn(mountinfo);
	const found: Hierarchy[] = [];
	for (const line of cgroups.split("\n")) {
		const [, list, path] = splitThree(line);
		if (list === undefined || path === undefined) continue;
		// Controllers of one line share their hierarchy: the first of them finds it.
		const mounted = mounts.get(list.split(",", 1)[0] as string);
		if (!mounted) continue;
		const { mount, version } = mounted;
		const own = ownBelow(mounted.root, path);
		if (version === 2) found.push({ version, controllers: words(controllersOf(mount)), mount, own });
		else if (list.startsWith("name=")) found.push({ version, controllers: [], name: list.slice(5), mount, own });
		else found.push({ version, controllers: list.split(","), mount, own });
	}
	return found;
}

/** `4:memory:/path`: the path may hold colons. */
function splitThree(line: string): [string?, string?, string?] {
	const first = line.indexOf(":");
	const second = line.indexOf(":", first + 1);
	return second < 0 ? [] : [line.slice(0, first), line.slice(first + 1, second), line.slice(second + 1)];
}

const words = (text: string): string[] => text.trim().split(" ").filter(Boolean);

/** From a cgroup namespace what lies above its root is `/..` (cgroup_namespaces(7)). */
const isOutside = ({ root }: Mounted): boolean => root === "/.." || root.startsWith("/../");

/** Mounts by each of their options, the names of controllers among them; v2's by the empty name, as /proc/self/cgroup has it. */
function mountsIn(mountinfo: string): Map<string, Mounted> {
	const found = new Map<string, Mounted>();
	for (const line of mountinfo.split("\n")) {
		const separator = line.indexOf(" - cgroup");
		if (separator < 0) continue;
		const [type, , options = ""] = line.slice(separator + 3).split(" ", 3);
		const [, , , root = "/", mount = ""] = line.split(" ", 5);
		if (type !== "cgroup" && type !== "cgroup2") continue;
		const mounted: Mounted = { root: unquoted(root), mount: unquoted(mount), version: type === "cgroup" ? 1 : 2 };
		if (mounted.version === 2 && isOutside(mounted)) continue;
		for (const name of mounted.version === 2 ? [""] : options.split(",")) {
			const known = found.get(name);
			if (!known || (known.root !== "/" && mounted.root === "/")) found.set(name, mounted);
		}
	}
	return found;
}

/** Spaces and the like stand as octal numbers. */
const unquoted = (text: string): string =>
	text.includes("\\")
		? text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
		: text;

/** A cgroup as a path below a mount, which may show a part of the hierarchy only; `/` where it is outside of that. */
function ownBelow(root: string, path: string): string {
	if (root === "/") return path;
	if (path === root || !path.startsWith(`${root}/`)) return "/";
	return path.slice(root.length);
}
