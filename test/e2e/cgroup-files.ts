/** Files of a running container's cgroup as the host sees them, on any kind of host: v1, v2, or controllers on both. */

import { existsSync, readdirSync, readFileSync, rmdirSync, statSync } from "node:fs";

/** Where the host has a controller; undefined where it is missing. v2's name of blkio is io. */
export interface Place {
	version: 1 | 2;
	/** the cgroup's directory */
	path: string;
}

/** The cgroup of a process in the hierarchy of a controller. */
export function placeOf(pid: number, controller: string): Place | undefined {
	const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
	const of = (list: string) =>
		lines.map((line) => /^\d+:([^:]*):(.*)$/.exec(line)).find((one) => one?.[1] === list)?.[2];
	for (const { version, mount, controllers } of hierarchies()) {
		const name = version === 2 && controller === "blkio" ? "io" : controller;
		if (!controllers.includes(name)) continue;
		const list =
			version === 2 ? "" : lines.map((line) => line.split(":")[1] ?? "").find((one) => one.split(",").includes(name));
		const path = list === undefined ? undefined : of(list);
		if (path !== undefined) return { version, path: `${mount}${path === "/" ? "" : path}` };
	}
	return undefined;
}

/** What a file of a process's cgroup holds, trimmed; undefined if it is not there. */
export function contentOf(pid: number, controller: string, files: { v1?: string; v2?: string }): string | undefined {
	const place = placeOf(pid, controller);
	const file = place && files[`v${place.version}`];
	const path = file && `${place.path}/${file}`;
	return path && existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
}

interface Mounted {
	version: 1 | 2;
	mount: string;
	controllers: string[];
}

/** v1 first: a controller that is there is not on v2. */
export function hierarchies(): Mounted[] {
	const found: Mounted[] = [];
	for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
		const [before = "", after = ""] = line.split(" - ");
		const [type, , options = ""] = after.split(" ");
		const mount = before.split(" ")[4] ?? "";
		if (type === "cgroup") found.push({ version: 1, mount, controllers: options.split(",") });
		if (type === "cgroup2")
			found.push({
				version: 2,
				mount,
				controllers: readFileSync(`${mount}/cgroup.controllers`, "utf8").trim().split(" "),
			});
	}
	return found.sort((a, b) => a.version - b.version);
}

/** For --cgroup-parent: a cgroup of nobody else's on this machine. */
export const OWN_PARENT = `bunker-e2e-${process.pid}`;

/** Removes parents, the deepest first: they belong to who has named them, not to bunker. */
export function removeParents(...names: string[]): void {
	for (const { mount } of hierarchies())
		for (const name of names) if (existsSync(`${mount}/${name}`)) rmdirSync(`${mount}/${name}`);
}

/** A block device of this machine, with its node: disks before what may hold nothing. */
export function blockDevice(): string {
	const rank = (name: string) =>
		["vd", "sd", "nvme", "xvd", "ubd", "loop", "ram"].findIndex((prefix) => name.startsWith(prefix));
	const names = readdirSync("/sys/block").filter((name) => rank(name) >= 0 && isBlockDevice(`/dev/${name}`));
	const [first] = names.sort((a, b) => rank(a) - rank(b));
	if (first === undefined) throw new Error("this machine has no block device in /dev: limits on one cannot be tested");
	return `/dev/${first}`;
}

function isBlockDevice(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isBlockDevice() ?? false;
}

/** `8:0` */
export function numbersOf(device: string): string {
	return readFileSync(`/sys/class/block/${device.slice("/dev/".length)}/dev`, "utf8").trim();
}
