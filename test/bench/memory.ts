/** What an idle detached container keeps alive, in kilobytes. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { type Engine, IMAGE, removeAll } from "./contenders.ts";
import { output } from "./measure.ts";

/** The proportional memory of everything but the container's own processes, while it sleeps. */
export function memoryOf(engine: Engine): number {
	const id = output(engine.command("run", "-d", "--network", "none", IMAGE, "sleep", "1000"));
	try {
		Bun.sleepSync(500); // what ends soon is not kept alive
		const program = JSON.parse(output(engine.command("inspect", id)))[0].State.Pid as number;
		return keptAlive(program, id).reduce((sum, pid) => sum + memoryOfProcess(pid), 0);
	} finally {
		removeAll(engine);
	}
}

/** The program's ancestors up to init, and whatever else names the container. */
function keptAlive(program: number, id: string): number[] {
	const found = new Set<number>();
	for (let pid = parentOf(program); pid > 1 && !isOurs(pid); pid = parentOf(pid)) found.add(pid);
	for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
		if (Number(name) !== program && text(`/proc/${name}/cmdline`).includes(id)) found.add(Number(name));
	}
	return [...found];
}

function isOurs(pid: number): boolean {
	return pid === process.pid || pid === process.ppid;
}

function parentOf(pid: number): number {
	return Number(/^PPid:\s+(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0);
}

/**
 * PSS, where a memfd counts with all its pages, mapped or not, and once: pages
 * of it that are mapped are not in the sum a second time.
 */
function memoryOfProcess(pid: number): number {
	let kilobytes = 0;
	let inMemfd = false;
	for (const line of text(`/proc/${pid}/smaps`).split("\n")) {
		if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) inMemfd = line.includes("/memfd:");
		const field = /^(\w+):\s+(\d+) kB/.exec(line);
		// Of a memfd's private mapping only what was copied is more than the memfd itself.
		if (field?.[1] === (inMemfd ? "Anonymous" : "Pss")) kilobytes += Number(field[2]);
	}
	return kilobytes + memfds(pid);
}

function memfds(pid: number): number {
	const links = ["exe", ...names(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)].map((name) => `/proc/${pid}/${name}`);
	const sizes = new Map<number, number>();
	for (const link of links) {
		const status = statSync(link, { throwIfNoEntry: false });
		if (status?.isFile() && target(link).startsWith("/memfd:")) sizes.set(status.ino, status.blocks / 2);
	}
	return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function target(link: string): string {
	return output({ words: ["readlink", link] });
}

function names(path: string): string[] {
	try {
		return readdirSync(path);
	} catch {
		return []; // the process has ended
	}
}

function text(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return ""; // the process has ended
	}
}
