/**
 * Events of containers. An event is recorded where its row changes, in the same
 * transaction; the attributes are docker's: labels, image, name, and what the
 * action adds (moby, daemon/events.go).
 */

import { announce, record } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { generateId } from "./names.ts";
import type { RunOptions } from "./options.ts";

/** What an event tells of a container. */
export interface Actor {
	id: string;
	name: string;
	labels: Record<string, string>;
	options: RunOptions;
}

/** What an action adds. */
export interface Details {
	attributes?: Record<string, string>;
	/** when it happened; now if not said */
	time?: string;
}

/** Records an event of a container: within a transaction, whose caller announces it. */
export function recordOf(
	store: Store,
	{ id, name, labels, options }: Actor,
	action: string,
	details: Details = {},
): void {
	record(store, {
		type: "container",
		action,
		actor: id,
		attributes: { ...labels, ...details.attributes, image: options.image ?? "", name },
		time: details.time,
	});
}

/** Records an event by itself, and announces it. */
export function note(store: Store, actor: Actor, action: string, details?: Details): void {
	recordOf(store, actor, action, details);
	announce(store);
}

/** What records the end of an exec's session. */
export interface ExecNotes {
	ended(exitCode: number): void;
	detached(): void;
}

/**
 * Records that a program of `exec` was made and started.
 * @returns what records how its session ends, where somebody is there to see it
 */
export function noteExec(store: Store, actor: Actor, command: readonly string[]): ExecNotes {
	const execID = generateId();
	const line = command.join(" ");
	store.transaction(() => {
		for (const action of ["exec_create", "exec_start"])
			recordOf(store, actor, `${action}: ${line}`, { attributes: { execID } });
	});
	announce(store);
	return {
		ended: (exitCode) => note(store, actor, "exec_die", { attributes: { execID, exitCode: String(exitCode) } }),
		detached: () => note(store, actor, "exec_detach", { attributes: { execID } }),
	};
}
