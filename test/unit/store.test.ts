/** The database: what an older bunker left becomes today's, and the history of events is bounded. */

import { Database } from "bun:sqlite";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { newest, record, recordedAfter } from "../../src/kernel/event.ts";
import { migrations } from "../../src/kernel/schema.ts";
import { Store } from "../../src/kernel/store.ts";
import { databasePath } from "../../src/places.ts";

const directories: string[] = [];
afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true });
});

function freshPlaces() {
	const root = mkdtempSync(`${tmpdir()}/bunker-store-`);
	directories.push(root);
	return { root, runRoot: `${root}/run` };
}

const event = (action: string) => ({ type: "container" as const, action, actor: "a", attributes: { name: "web" } });

describe("a database of version 1", () => {
	test("is migrated, and its containers are there with what later versions add", () => {
		const at = freshPlaces();
		const old = new Database(databasePath(at), { create: true });
		old.exec(`${migrations[0]}; PRAGMA user_version = 1`);
		old.run("INSERT INTO container (id, name, command, created, options) VALUES ('a', 'web', '[]', '', '{}')");
		old.close();
		const store = Store.open(at);
		expect(store.first<object>("SELECT * FROM container")).toMatchObject({
			name: "web",
			labels: null,
			restarts: 0,
			restart_delay: 0,
			waiter: null,
			stopped: 0,
			health: null,
			health_changes: 0,
			oom_killed: 0,
			ooms: 0,
			paused: 0,
		});
		record(store, event("start"));
		expect(newest(store)).toBe(1);
	});
});

describe("the history of events", () => {
	test("gives what came behind an id, in order", () => {
		const store = Store.open(freshPlaces());
		expect(newest(store)).toBe(0);
		for (const action of ["create", "start", "die"]) record(store, event(action));
		expect(recordedAfter(store, 1).map(({ id, action }) => [id, action])).toEqual([
			[2, "start"],
			[3, "die"],
		]);
		expect(recordedAfter(store, 0)[0]).toMatchObject({ actor: "a", attributes: { name: "web" } });
	});

	test("keeps the last thousand, and not many more", () => {
		const store = Store.open(freshPlaces());
		store.transaction(() => {
			for (let n = 0; n < 2550; n++) record(store, event("start"));
		});
		const ids = recordedAfter(store, 0).map(({ id }) => id);
		expect(ids.at(-1)).toBe(2550);
		expect(ids.length).toBeGreaterThanOrEqual(1000);
		expect(ids.length).toBeLessThan(1100);
	});
});

describe("a transaction", () => {
	test("is undone whole when its work fails, also the part of another that it calls", () => {
		const store = Store.open(freshPlaces());
		const fail = () =>
			store.transaction(() => {
				record(store, event("create"));
				store.transaction(() => record(store, event("start")));
				throw new Error("no");
			});
		expect(fail).toThrow("no");
		expect(newest(store)).toBe(0);
		store.transaction(() => record(store, event("create")));
		expect(newest(store)).toBe(1);
	});
});
