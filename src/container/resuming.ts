/** Signals to a container that is paused. */

import { get } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { release } from "./pausing.ts";
import { signalNumber } from "./signals.ts";
import { byId, type Container, PAUSED } from "./table.ts";

const SIGKILL = 9;

/**
 * After a signal that was sent to a container: if it is one that ends it, it
 * runs again, since a frozen process takes none. What the row says is read after
 * the signal was sent, and a pause looks for SIGKILL after it has frozen
 * (pause.ts): whichever comes first, it does not stay frozen.
 */
export function resumeFor(store: Store, id: string, signal: number): void {
	const container = byId(store, id);
	if (!container || container.paused === PAUSED.no || !resumes(store, container, signal)) return;
	release(store, container);
}

/** Any signal, or of a container that has a stop signal of its own that one, and always SIGKILL (moby, daemon/kill.go). */
function resumes(store: Store, { options, image }: Container, signal: number): boolean {
	const own = options.stopSignal ?? (image === null ? undefined : get(store, image).config.config?.StopSignal);
	return signal === SIGKILL || !own || signalNumber(own) === signal;
}
