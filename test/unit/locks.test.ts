/** Operation locks: of several who hold "the" lock, each must hold the same. */

import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dropLock, lockOperation, tryLockOperation } from "../../src/container/locks.ts";
import type { Store } from "../../src/kernel/store.ts";

const runRoot = mkdtempSync(`${tmpdir()}/bunker-locks-`);
const store = { places: { root: "/nowhere", runRoot } } as Store;
const ID = "a".repeat(64);
const path = `${runRoot}/locks/${ID}`;

afterEach(() => rmSync(`${runRoot}/locks`, { recursive: true, force: true }));

/** True once another process sleeps until a file's lock is free (proc_locks(5)). */
const isAwaited = (inode: number) =>
	readFileSync("/proc/locks", "utf8")
		.split("\n")
		.some((line) => line.includes("->") && line.includes(`:${inode} `));

test("who has waited for a lock that was removed meanwhile gets the one that is there", async () => {
	const held = lockOperation(store, ID);
	const waiter = Bun.spawn([process.execPath, "test/unit/lock-waiter.ts", runRoot, ID], { stdin: "pipe" });
	const { ino } = statSync(path);
	while (!isAwaited(ino)) await Bun.sleep(5);
	dropLock(store, ID);
	held[Symbol.dispose]();
	const reader = waiter.stdout.getReader();
	expect(new TextDecoder().decode((await reader.read()).value)).toBe("locked\n");
	expect(existsSync(path)).toBe(true);
	expect(tryLockOperation(store, ID)).toBeUndefined();
	waiter.stdin.end();
	await waiter.exited;
	tryLockOperation(store, ID)?.[Symbol.dispose]();
});

test("a lock that somebody holds is not given to another", () => {
	using held = lockOperation(store, ID);
	expect(held.fd).toBeGreaterThan(0);
	expect(tryLockOperation(store, ID)).toBeUndefined();
});
