/** Rows of containers, and finding one by what the user typed. */

import { EXIT, Failure } from "../failure.ts";
import { isConflict, type Store } from "../kernel/store.ts";
import type { Health } from "./health.ts";
import type { RunOptions } from "./options.ts";

/** A container as stored; see schema.ts. */
export interface Container {
	id: string;
	name: string;
	/** the program and its arguments, as merged with the image's */
	command: string[];
	/** id of the image; null with --rootfs */
	image: string | null;
	created: string;
	options: RunOptions;
	started: string | null;
	finished: string | null;
	exitCode: number | null;
	error: string | null;
	boot: string | null;
	/** the image's labels, with those of the flags over them */
	labels: Record<string, string>;
	/** by the restart policy, since the user started it */
	restarts: number;
	/** milliseconds that the last of these restarts waited; 0: there was none */
	restartDelay: number;
	/** `PID START` of the process that waits to restart it; null: no restart is due */
	waiter: string | null;
	/** the user has ended it, which no policy undoes */
	stopped: boolean;
	/** as the last run left it; null: it has no health check, or has not ended yet */
	health: Health | null;
	/** of this run: changes of its health that are events already */
	healthChanges: number;
	/** the last run has had OOM kills */
	oomKilled: boolean;
	/** of this run: so many OOM kills are events already */
	ooms: number;
	/** why it may be frozen, one of PAUSED (pausing.ts) */
	paused: number;
}

/** What `paused` of a row says. Negative: it may be frozen, but is not paused as events tell it: not yet, or no more. */
export const PAUSED = {
	no: 0,
	/** until the user unpauses it */
	byUser: 1,
	/** while a commit reads it, which holds the operation lock */
	byCommit: 2,
} as const;

type Named =
	| "options"
	| "command"
	| "exitCode"
	| "labels"
	| "restartDelay"
	| "stopped"
	| "health"
	| "healthChanges"
	| "oomKilled";

interface Row extends Omit<Container, Named> {
	options: string;
	command: string;
	exit_code: number | null;
	labels: string | null;
	restart_delay: number;
	stopped: number;
	health: string | null;
	health_changes: number;
	oom_killed: number;
}

function decode({
	exit_code,
	restart_delay,
	health_changes,
	oom_killed,
	options,
	command,
	labels,
	health,
	...row
}: Row): Container {
	const parsed: RunOptions = JSON.parse(options);
	return {
		...row,
		options: parsed,
		command: JSON.parse(command),
		exitCode: exit_code,
		labels: labels === null ? (parsed.labels ?? {}) : JSON.parse(labels),
		restartDelay: restart_delay,
		stopped: row.stopped === 1,
		health: health === null ? null : JSON.parse(health),
		healthChanges: health_changes,
		oomKilled: oom_killed === 1,
	};
}

/** All containers, newest first. */
export function all(store: Store): Container[] {
	return store.all<Row>("SELECT * FROM container ORDER BY created DESC").map(decode);
}

/** The full ids of all containers. */
export function ids(store: Store): Set<string> {
	return new Set(store.all<{ id: string }>("SELECT id FROM container").map(({ id }) => id));
}

/** The names of all containers. */
export function names(store: Store): string[] {
	return store.all<{ name: string }>("SELECT name FROM container ORDER BY name").map(({ name }) => name);
}

/** The container of a full id; undefined if it is gone. */
export function byId(store: Store, id: string): Container | undefined {
	const row = store.first<Row>("SELECT * FROM container WHERE id = ?", id);
	return row && decode(row);
}

/**
 * The container of a full id, a name, or a unique prefix of an id, tried in that order.
 * @throws Failure if there is none, or the prefix is ambiguous
 */
export function find(store: Store, name: string): Container {
	const exact =
		byId(store, name) ??
		decodeFirst(store.first<Row>("SELECT * FROM container WHERE name = ?", name.replace(/^\//, "")));
	if (exact) return exact;
	const found = /^[0-9a-f]{1,63}$/.test(name)
		? store.all<Row>("SELECT * FROM container WHERE id >= ? AND id < ? LIMIT 2", name, `${name}g`)
		: [];
	if (found.length > 1)
		throw new Failure(`more than one container has an id that begins with ${name}: give more of it`);
	if (!found[0]) throw new Failure(`No such container: ${name}`, { kind: "no such container" });
	return decode(found[0]);
}

function decodeFirst(row: Row | undefined): Container | undefined {
	return row && decode(row);
}

/**
 * Gives a container another name, which was checked.
 * @throws Failure (125) where it is taken
 */
export function setName(store: Store, id: string, name: string): void {
	try {
		store.run("UPDATE container SET name = ? WHERE id = ?", name, id);
	} catch (error) {
		throw isConflict(error) ? nameTaken(store, name) : error;
	}
}

/** The error where a name is taken. */
export function nameTaken(store: Store, name: string): Failure {
	const other = store.first<{ id: string }>("SELECT id FROM container WHERE name = ?", name);
	return new Failure(
		`the container name "${name}" is already in use by container ${other?.id ?? "that is just going"}`,
		{
			exitCode: EXIT.refused,
			hint: "remove or rename that container to use the name again",
		},
	);
}

/** Notes what a container is to be from now on. */
export function noteOptions(store: Store, id: string, options: RunOptions): void {
	store.run("UPDATE container SET options = ? WHERE id = ?", JSON.stringify(options), id);
}

/**
 * Notes that a start is tried in this boot; what an earlier end said is over.
 * @param options.byPolicy a restart: what the policy counts goes on
 */
export function noteStart(store: Store, id: string, boot: string, options: { byPolicy?: boolean } = {}): void {
	const counters = options.byPolicy ? "" : ", restarts = 0, restart_delay = 0, stopped = 0";
	store.run(
		`UPDATE container SET boot = ?, started = NULL, finished = NULL, exit_code = NULL, error = NULL, waiter = NULL,
		 paused = 0, health_changes = 0, oom_killed = 0, ooms = 0${counters} WHERE id = ?`,
		boot,
		id,
	);
}

/** Notes that a start came to nothing: its bunker was killed before the program ran. */
export function noteNoStart(store: Store, id: string): void {
	store.run("UPDATE container SET boot = NULL WHERE id = ? AND finished IS NULL", id);
}

/** Notes how a container ended, and whether it is to start again. */
export function noteEnd(
	store: Store,
	id: string,
	end: Pick<Container, "started" | "finished" | "exitCode" | "error" | "restarts" | "restartDelay" | "waiter">,
): void {
	store.run(
		`UPDATE container SET started = ?, finished = ?, exit_code = ?, error = ?,
		 restarts = ?, restart_delay = ?, waiter = ?, paused = 0 WHERE id = ?`,
		end.started,
		end.finished,
		end.exitCode,
		end.error,
		end.restarts,
		end.restartDelay,
		end.waiter,
		id,
	);
}

/** Notes how a run has left the health of a container. */
export function noteHealth(store: Store, id: string, health: Health): void {
	store.run("UPDATE container SET health = ? WHERE id = ?", JSON.stringify(health), id);
}

/** Notes how many changes of a container's health are events by now. */
export function noteHealthChanges(store: Store, id: string, changes: number): void {
	store.run("UPDATE container SET health_changes = ? WHERE id = ?", changes, id);
}

/** Notes that a container has had OOM kills, and how many of them are events by now. */
export function noteOoms(store: Store, id: string, kills: number): void {
	store.run("UPDATE container SET oom_killed = 1, ooms = ? WHERE id = ?", kills, id);
}

/**
 * Notes why a container may be frozen, in the place of what was noted before.
 * @returns false if that was something else, or the container is gone
 */
export function setPaused(store: Store, id: string, from: number, to: number): boolean {
	return store.run("UPDATE container SET paused = ? WHERE id = ? AND paused = ?", to, id, from) > 0;
}

/** Notes who waits to restart a container; null: nobody does, the restart is off. */
export function noteWaiter(store: Store, id: string, waiter: string | null): void {
	store.run("UPDATE container SET waiter = ? WHERE id = ?", waiter, id);
}

/** Notes that the user ends a container: whatever waits to restart it is off. */
export function noteStopped(store: Store, id: string): void {
	store.run("UPDATE container SET stopped = 1, waiter = NULL WHERE id = ?", id);
}

/**
 * Notes why a container could not be started.
 * @param finished when, of one that has run before; null: it counts as created
 */
export function noteFailedStart(
	store: Store,
	id: string,
	exitCode: number,
	error: string,
	finished: string | null = null,
): void {
	store.run(
		"UPDATE container SET boot = NULL, finished = ?, exit_code = ?, error = ? WHERE id = ?",
		finished,
		exitCode,
		error,
		id,
	);
}

/** Removes the row. @returns false if somebody else has done it */
export function drop(store: Store, id: string): boolean {
	return store.run("DELETE FROM container WHERE id = ?", id) > 0;
}
