/** What a container may have left behind: files, mounts, processes, cgroups. It looks and changes nothing. */

import { Database } from "bun:sqlite";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { listeners } from "./outside.ts";

/** What may be in the state directory when there are no containers: images, and the empty places of the rest. */
const IMAGES_ONLY = /^(bunker\.db(-wal|-shm)?|blobs(\/.*)?|layers(\/.*)?|base|tmp|containers|volumes)$/;

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

/** Sentences about volumes that are left: rows, and directories. */
export function volumesLeft(root: string): string[] {
	return [
		...query<{ name: string }>(root, "SELECT name FROM volume").map(({ name }) => `volume ${name}`),
		...names(`${root}/volumes`).map((name) => `directory ${root}/volumes/${name}`),
	];
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

/** What an engine's network had already before it: sockets of others. */
export interface NetworkBefore {
	listening: string[];
}

/** Ports at which anybody listens in the tests' own network: `tcp 8080`. */
export function networkBefore(): NetworkBefore {
	const protocols = ["tcp", "udp"] as const;
	return {
		listening: protocols.flatMap((protocol) => listeners("self", protocol).map((port) => `${protocol} ${port}`)),
	};
}

/**
 * Sentences about what is left of the networks of containers, in the tests' own
 * network namespace: interfaces, elements of our table, rows, processes and
 * sockets. Bridges and a table without elements may stay.
 */
export function networkLeft(root: string, before: NetworkBefore): string[] {
	const interfaces = [...readFileSync("/proc/self/net/dev", "utf8").matchAll(/^\s*(veth[0-9a-f]{7}):/gm)];
	return [
		...interfaces.map(([, name]) => `interface ${name}`),
		...elements(root),
		...rowsLeft(root),
		...ownProcesses(),
		...networkBefore()
			.listening.filter((socket) => !before.listening.includes(socket))
			.map((socket) => `listening ${socket}`),
	];
}

/** Deletes what may stay of an engine's networks, which the next engine's tests should not find. */
export function removeNetworks(root: string): void {
	for (const { name } of networks(root)) Bun.spawnSync(["busybox", "ip", "link", "delete", name]);
	for (const table of tables(root)) Bun.spawnSync(["nft", "delete", "table", "inet", table]);
}

/** Networks of an engine, with the names of their interfaces. */
function networks(root: string): { id: string; name: string }[] {
	return query<{ id: string; options: string }>(root, "SELECT id, options FROM network").map(({ id, options }) => ({
		id,
		name: JSON.parse(options).interface ?? `br-${id.slice(0, 12)}`,
	}));
}

const tables = (root: string) =>
	query<{ id: string }>(root, "SELECT id FROM network WHERE name = 'bridge'").map(
		({ id }) => `bunker-${id.slice(0, 8)}`,
	);

/** Elements with a comment are those of a container; a set without any is printed without `elements`. */
function elements(root: string): string[] {
	if (Bun.which("nft") === null) return [];
	return tables(root).flatMap((table) => {
		const listed = Bun.spawnSync(["nft", "list", "table", "inet", table]).stdout.toString();
		return [...listed.matchAll(/[^,{]* comment "[^"]*"[^,}]*/g)].map(
			([element]) => `element ${element.trim()} of ${table}`,
		);
	});
}

function rowsLeft(root: string): string[] {
	return [
		...query<object>(root, "SELECT address, container FROM address").map((row) => `address ${JSON.stringify(row)}`),
		...query<object>(root, "SELECT protocol, port, container FROM port").map((row) => `port ${JSON.stringify(row)}`),
		...query<object>(root, "SELECT id, container FROM endpoint WHERE id NOT NULL").map(
			(row) => `endpoint ${JSON.stringify(row)}`,
		),
	];
}

/** Processes of the tests' network that run the helper or bunker: monitors, forwarders, resolvers. */
function ownProcesses(): string[] {
	const own = target("/proc/self/ns/net");
	return names("/proc")
		.filter((pid) => /^\d+$/.test(pid) && target(`/proc/${pid}/ns/net`) === own)
		.filter((pid) => /^\/memfd:|\/bunker( \(deleted\))?$/.test(target(`/proc/${pid}/exe`)))
		.map((pid) => `process ${pid} (${commandOf(pid)})`);
}

/** Rows of an engine's database; none where it was never made. */
function query<Row>(root: string, sql: string): Row[] {
	if (!existsSync(`${root}/bunker.db`)) return [];
	const database = new Database(`${root}/bunker.db`, { readonly: true });
	try {
		return database.query<Row, []>(sql).all();
	} finally {
		database.close();
	}
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
