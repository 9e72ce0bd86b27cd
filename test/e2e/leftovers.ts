/** What a container may have left behind: files, mounts, processes, cgroups. It looks and changes nothing. */

import { Database } from "bun:sqlite";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What may be in the state directory when there are no containers: images, and the empty places of the rest. */
const IMAGES_ONLY = /^(bunker\.db(-wal|-shm)?|blobs(\/.*)?|layers(\/.*)?|base|tmp|containers)$/;

/** Sentences about everything that is left of containers; none is the good answer. */
export function leftovers(root: string, runRoot: string): string[] {
	return [...filesIn(root), ...runFiles(runRoot), ...mounts(root), ...mounts(runRoot), ...holders([root, runRoot])];
}

function filesIn(root: string): string[] {
	return [...names(root), ...names(`${root}/tmp`, "tmp/"), ...names(`${root}/containers`, "containers/")]
		.filter((name) => !IMAGES_ONLY.test(name))
		.map((name) => `file ${root}/${name}`);
}

function runFiles(runRoot: string): string[] {
	return names(`${runRoot}/containers`).map((name) => `file ${runRoot}/containers/${name}`);
}

/** Mounts of this machine, not of a container's own namespace, that name the path. */
export function mounts(path: string): string[] {
	return readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.filter((line) => line.includes(path))
		.map((line) => `mount ${line}`);
}

/** Processes that have a file below one of the directories open: monitors, programs, anything. */
function holders(directories: string[]): string[] {
	const found: string[] = [];
	for (const pid of names("/proc").filter((name) => /^\d+$/.test(name))) {
		if (Number(pid) === process.pid) continue;
		const open = [...names(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`), "cwd", "root"]
			.map((link) => target(`/proc/${pid}/${link}`))
			.find((path) => directories.some((directory) => path.startsWith(`${directory}/`)));
		if (open) found.push(`process ${pid} (${commandOf(pid)}) with ${open}`);
	}
	return found;
}

/** Sentences about cgroups that are left of the containers whose events an engine remembers. */
export function cgroupsLeft(root: string): string[] {
	const database = new Database(`${root}/bunker.db`, { readonly: true });
	const rows = database.query<{ actor: string }, []>("SELECT DISTINCT actor FROM event WHERE type = 'container'").all();
	database.close();
	const ids = new Set(rows.map(({ actor }) => actor));
	const top = "/sys/fs/cgroup";
	return [top, ...names(top).map((name) => `${top}/${name}`)].flatMap((hierarchy) =>
		names(`${hierarchy}/bunker`)
			.filter((id) => ids.has(id))
			.map((id) => `cgroup ${hierarchy}/bunker/${id}`),
	);
}

/** Directories of cgroups whose name holds the id. */
export function cgroupsOf(id: string): string[] {
	const found = Bun.spawnSync(["find", "/sys/fs/cgroup", "-type", "d", "-name", `*${id}*`]);
	return found.stdout.toString().split("\n").filter(Boolean);
}

function names(directory: string, prefix = ""): string[] {
	try {
		return readdirSync(directory).map((name) => `${prefix}${name}`);
	} catch {
		return []; // never made, or a process that ended meanwhile
	}
}

function target(link: string): string {
	try {
		return readlinkSync(link);
	} catch {
		return "";
	}
}

function commandOf(pid: string): string {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
	} catch {
		return "gone";
	}
}
