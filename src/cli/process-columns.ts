/** Columns of `top`: names, titles and forms are those of ps (procps-ng, ps(1), STANDARD FORMAT SPECIFIERS). */

import type { Clock, ProcessInfo } from "../container/container.ts";

/** What a column is made from besides its process. */
export interface Scene extends Clock {
	/** seconds since the epoch */
	now: number;
	/** the host's name of a number */
	user(id: number): string;
	group(id: number): string;
}

export interface Column {
	title: string;
	value(found: ProcessInfo, scene: Scene): string;
}

const TICKS = 100;
const seconds = (found: ProcessInfo): number => found.cpuTime / TICKS;
const startOf = (found: ProcessInfo, { boot }: Scene): number => boot + found.start / TICKS;
const age = (found: ProcessInfo, scene: Scene): number => Math.max(0, scene.now - startOf(found, scene));
const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");

const number =
	(field: "pid" | "parent" | "group" | "session" | "nice" | "threads" | "user" | "groupId" | "priority") =>
	(found: ProcessInfo): string =>
		String(found[field]);

function share(found: ProcessInfo, scene: Scene): number {
	const alive = age(found, scene);
	return alive > 0 ? (100 * seconds(found)) / alive : 0;
}

const percent = (value: number): string => (value >= 99.95 ? value.toFixed(0) : value.toFixed(1));
const cpu = (found: ProcessInfo, scene: Scene): string => percent(share(found, scene));
const memory = ({ residentSize }: ProcessInfo, scene: Scene): string =>
	percent(scene.memory > 0 ? (100 * residentSize) / scene.memory : 0);
const kilobytes = (bytes: number): string => String(Math.floor(bytes / 1024));

/** What ps shows of a name that is too long for its column. */
const shortened = (name: string): string => (name.length > 8 ? `${name.slice(0, 7)}+` : name);

/** A device number as in proc(5): major 136 and up are ptys, 4 the consoles. */
function terminal({ terminal: device }: ProcessInfo): string {
	if (device === 0) return "?";
	const major = (device >> 8) & 0xfff;
	const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
	if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
	if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
	return major === 5 && minor === 1 ? "console" : "?";
}

/** `13:05` of today, `Nov21` of this year, `2025`. */
function startedAt(found: ProcessInfo, scene: Scene): string {
	const [start, now] = [new Date(startOf(found, scene) * 1000), new Date(scene.now * 1000)];
	if (start.getFullYear() !== now.getFullYear()) return String(start.getFullYear());
	if (start.toDateString() === now.toDateString()) return `${two(start.getHours())}:${two(start.getMinutes())}`;
	return `${start.toDateString().slice(4, 7)}${two(start.getDate())}`;
}

/** `[D-]HH:MM:SS` */
function clockTime(total: number): string {
	const days = Math.floor(total / 86400);
	const time = `${two((total / 3600) % 24)}:${two((total / 60) % 60)}:${two(total % 60)}`;
	return days > 0 ? `${days}-${time}` : time;
}

/** `[[D-]HH:]MM:SS` */
const elapsed = (total: number): string => (total < 3600 ? `${two(total / 60)}:${two(total % 60)}` : clockTime(total));
const shortTime = (total: number): string => `${Math.floor(total / 60)}:${two(total % 60)}`;

/** The state, and what it is besides. */
function states(found: ProcessInfo): string {
	const { state, nice, locked, session, pid, threads, group, foreground } = found;
	const flags = [
		nice < 0 && "<",
		nice > 0 && "N",
		locked && "L",
		session === pid && "s",
		threads > 1 && "l",
		foreground === group && "+",
	];
	return `${state}${flags.filter(Boolean).join("")}`;
}

/** A program that has no command line any more is shown in brackets. */
const command = ({ command: words, name, state }: ProcessInfo): string => {
	if (state === "Z") return `[${name}] <defunct>`;
	return printable(words.length > 0 ? words.join(" ") : `[${name}]`);
};
/** What a terminal would obey is not shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is replaced
const printable = (text: string): string => text.toWellFormed().replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?");

const COLUMNS: Record<string, Column> = {
	args: { title: "COMMAND", value: command },
	c: { title: "C", value: (found, scene) => String(Math.min(99, Math.floor(share(found, scene)))) },
	cmd: { title: "CMD", value: command },
	comm: { title: "COMMAND", value: ({ name }) => printable(name) },
	etime: { title: "ELAPSED", value: (found, scene) => elapsed(age(found, scene)) },
	gid: { title: "GID", value: number("groupId") },
	group: { title: "GROUP", value: ({ groupId }, scene) => shortened(scene.group(groupId)) },
	ni: { title: "NI", value: number("nice") },
	nlwp: { title: "NLWP", value: number("threads") },
	pcpu: { title: "%CPU", value: cpu },
	pgid: { title: "PGID", value: number("group") },
	pid: { title: "PID", value: number("pid") },
	pmem: { title: "%MEM", value: memory },
	ppid: { title: "PPID", value: number("parent") },
	rss: { title: "RSS", value: ({ residentSize }) => kilobytes(residentSize) },
	s: { title: "S", value: ({ state }) => state },
	sid: { title: "SID", value: number("session") },
	start: { title: "START", value: startedAt },
	stat: { title: "STAT", value: states },
	stime: { title: "STIME", value: startedAt },
	time: { title: "TIME", value: (found) => clockTime(seconds(found)) },
	tty: { title: "TTY", value: terminal },
	uid: { title: "UID", value: number("user") },
	user: { title: "USER", value: ({ user }, scene) => shortened(scene.user(user)) },
	vsz: { title: "VSZ", value: ({ virtualSize }) => kilobytes(virtualSize) },
};

/** Other names of ps for the same. */
const SYNONYMS: Record<string, string> = {
	"%cpu": "pcpu",
	"%mem": "pmem",
	command: "args",
	cputime: "time",
	egid: "gid",
	egroup: "group",
	euid: "uid",
	euser: "user",
	nice: "ni",
	pgrp: "pgid",
	rssize: "rss",
	sess: "sid",
	session: "sid",
	start_time: "stime",
	state: "s",
	thcount: "nlwp",
	tname: "tty",
	tt: "tty",
	ucmd: "comm",
	ucomm: "comm",
	uname: "user",
	vsize: "vsz",
};

/** The column of a name of ps; undefined for one that there is not. */
export function columnOf(name: string): Column | undefined {
	const known = Object.hasOwn(SYNONYMS, name) ? (SYNONYMS[name] as string) : name;
	return Object.hasOwn(COLUMNS, known) ? COLUMNS[known] : undefined;
}

const columns = (names: string): Column[] => names.split(" ").map((name) => columnOf(name) as Column);

/** `ps -ef`: the users by name, under UID. */
export const fullColumns: Column[] = [
	{ title: "UID", value: (columnOf("user") as Column).value },
	...columns("pid ppid c stime tty time cmd"),
];

/** `ps aux` */
export const userColumns: Column[] = [
	...columns("user pid pcpu pmem vsz rss tty stat start"),
	{ title: "TIME", value: (found) => shortTime(seconds(found)) },
	...columns("args"),
];
