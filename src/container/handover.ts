/**
 * Handing a restart that is due over to a process of a few pages: the helper,
 * whose tape sleeps the rest of the delay and becomes bunker.
 */

import { close } from "../../ffi/file.ts";
import { sealedMemfd } from "../../ffi/library.ts";
import { startTime } from "../../ffi/process.ts";
import { spawnHelper } from "../../ffi/spawn.ts";
import type { Store } from "../kernel/store.ts";
import { compileWait, Descriptors } from "../runtime/runtime.ts";
import { dropLock, lockOperation } from "./locks.ts";
import { openNull } from "./play.ts";
import { remainingDelay } from "./policy.ts";
import { byId, type Container, noteWaiter } from "./table.ts";
import { reapCommand, self, waiterName } from "./waiter.ts";
import { unwatch, watch } from "./watched.ts";

/** Puts a new process in the place of this one, where it stands in the row as the waiter. */
export function handOver(store: Store, id: string): void {
	using _operation = lockOperation(store, id);
	const container = byId(store, id);
	if (!container) dropLock(store, id);
	if (container?.waiter !== self()) return;
	const pid = spawnWaiter(store, container);
	watch(store, { pid, id }, container.options);
	noteWaiter(store, id, waiterName(pid, startTime(pid) ?? 0n));
	unwatch(store, { pid: process.pid, start: startTime(process.pid), id });
}

function spawnWaiter(store: Store, { id, finished, restartDelay }: Container): number {
	const { argv, environment } = reapCommand(store.places, id);
	const { tape, policy } = compileWait(
		remainingDelay(Date.parse(finished as string), restartDelay, Date.now()),
		argv,
		environment,
	);
	const job = sealedMemfd("bunker-job", tape.encode(policy.place));
	const helper = spawnHelper(new Descriptors(openNull()).withJob(job), `restart ${id.slice(0, 12)}`);
	for (const fd of [job, helper.pidfd]) close(fd);
	return helper.pid;
}
