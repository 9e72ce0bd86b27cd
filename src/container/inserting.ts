/** Rows of new containers. */

import { now } from "../clock.ts";
import { announce } from "../kernel/event.ts";
import { isConflict, type Store } from "../kernel/store.ts";
import { recordOf } from "./events.ts";
import { checkName, generateName } from "./names.ts";
import { connectAll } from "./networking.ts";
import { type Container, nameTaken } from "./table.ts";

/** What a row says before the first start. */
export const unstarted = {
	started: null,
	finished: null,
	exitCode: null,
	error: null,
	restarts: 0,
	restartDelay: 0,
	waiter: null,
	stopped: false,
	health: null,
	healthChanges: 0,
	oomKilled: false,
	ooms: 0,
	paused: 0,
} satisfies Partial<Container>;

/** What a container is made with. */
export interface NewContainer extends Pick<Container, "id" | "image" | "command" | "options" | "boot"> {
	/** the image's, with those of the flags over them */
	labels?: Record<string, string>;
}

/**
 * Adds a container; its name is checked, or made up.
 * @param asked with a new id; who starts the container holds its operation lock already
 * @param along what else is noted of it, in the same transaction
 * @throws Failure (125) where the name is taken
 */
export function insert(store: Store, asked: NewContainer, along?: (id: string) => void): Container {
	const { options } = asked;
	if (options.name !== undefined) checkName(options.name);
	const container: Container = {
		name: options.name ?? "",
		created: now(),
		...unstarted,
		...asked,
		labels: asked.labels ?? options.labels ?? {},
	};
	for (let attempt = 0; ; attempt++) {
		if (options.name === undefined) container.name = generateName(attempt);
		try {
			store.transaction(() => {
				insertRow(store, container);
				connectAll(store, container);
				along?.(container.id);
				recordOf(store, container, "create", { time: container.created });
			});
			announce(store);
			return container;
		} catch (error) {
			if (!isConflict(error)) throw error;
			if (options.name !== undefined) throw nameTaken(store, options.name);
		}
	}
}

function insertRow(store: Store, { id, name, command, image, created, options, boot, labels }: Container): void {
	store.run(
		"INSERT INTO container (id, name, command, image, created, options, boot, labels) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		id,
		name,
		JSON.stringify(command),
		image,
		created,
		JSON.stringify(options),
		boot,
		JSON.stringify(labels),
	);
}
