/** Rows of containers, and finding one by what the user typed. */

import { now } from "../clock.ts";
import { EXIT, Failure } from "../failure.ts";
import { isConflict, type Store } from "../kernel/store.ts";
import { checkName, generateName } from "./names.ts";
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
}

interface Row extends Omit<Container, "options" | "command" | "exitCode"> {
	options: string;
	command: string;
	exit_code: number | null;
}

function decode({ exit_code, options, command, ...row }: Row): Container {
	return { ...row, options: JSON.parse(options), command: JSON.parse(command), exitCode: exit_code };
}

/**
 * Adds a container; its name is checked, or made up.
 * @param id a new one; who starts the container holds its operation lock already
 * @param command the program and its arguments, for listings
 * @param boot id of this boot, if it is started at once
 * @throws Failure (125) where the name is taken
 */
export function insert(
	store: Store,
	id: string,
	image: string | null,
	command: string[],
	options: RunOptions,
	boot: string | null,
): Container {
	if (options.name !== undefined) checkName(options.name);
	const container: Container = {
		id,
		name: options.name ?? "",
		command,
		image,
		created: now(),
		options,
		started: null,
		finished: null,
		exitCode: null,
		error: null,
		boot,
	};
	for (let attempt = 0; ; attempt++) {
		if (options.name === undefined) container.name = generateName(attempt);
		try {
			store.run(
				"INSERT INTO container (id, name, command, image, created, options, boot) VALUES (?, ?, ?, ?, ?, ?, ?)",
				container.id,
				container.name,
				JSON.stringify(command),
				image,
				container.created,
				JSON.stringify(options),
				boot,
			);
			return container;
		} catch (error) {
			if (!isConflict(error)) throw error;
			if (options.name !== undefined) throw nameTaken(store, options.name);
		}
	}
}

function nameTaken(store: Store, name: string): Failure {
	const other = store.first<{ id: string }>("SELECT id FROM container WHERE name = ?", name);
	return new Failure(
		`the container name "${name}" is already in use by container ${other?.id ?? "that is just going"}`,
		{
			exitCode: EXIT.refused,
			hint: "remove or rename that container to use the name again",
		},
	);
}

/** All containers, newest first. */
export function all(store: Store): Container[] {
	return store.all<Row>("SELECT * FROM container ORDER BY created DESC").map(decode);
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
	if (!found[0]) throw new Failure(`no such container: ${name}`, { kind: "no such container" });
	return decode(found[0]);
}

function decodeFirst(row: Row | undefined): Container | undefined {
	return row && decode(row);
}

/** Notes that a start is tried in this boot; what an earlier end said is over. */
export function noteStart(store: Store, id: string, boot: string): void {
	store.run(
		"UPDATE container SET boot = ?, started = NULL, finished = NULL, exit_code = NULL, error = NULL WHERE id = ?",
		boot,
		id,
	);
}

/** Notes that a start came to nothing: its bunker was killed before the program ran. */
export function noteNoStart(store: Store, id: string): void {
	store.run("UPDATE container SET boot = NULL WHERE id = ? AND finished IS NULL", id);
}

/** Notes how a container ended. */
export function noteEnd(
	store: Store,
	id: string,
	end: { started: string; finished: string; exitCode: number; error?: string },
): void {
	store.run(
		"UPDATE container SET started = ?, finished = ?, exit_code = ?, error = ? WHERE id = ?",
		end.started,
		end.finished,
		end.exitCode,
		end.error ?? null,
		id,
	);
}

/** Notes why a container could not be started. */
export function noteFailedStart(store: Store, id: string, exitCode: number, error: string): void {
	store.run("UPDATE container SET boot = NULL, exit_code = ?, error = ? WHERE id = ?", exitCode, error, id);
}

/** Removes the row. @returns false if somebody else has done it */
export function drop(store: Store, id: string): boolean {
	return store.run("DELETE FROM container WHERE id = ?", id) > 0;
}
