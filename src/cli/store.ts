/** Opening the store for a verb; imported when one needs it, since SQLite and the shim come with it. */

import { makeDirectories } from "../../ffi/directory.ts";
import { typeIfThere } from "../../ffi/file.ts";
import { kernelRelease, setFileModeMask } from "../../ffi/process.ts";
import { attend, relay } from "../container/container.ts";
import { EXIT, Failure } from "../failure.ts";
import { Store } from "../kernel/store.ts";
import { databasePath, type Places } from "../places.ts";

/** Opens the store, its directories made if they are missing: for root only, they hold other people's files. */
export function openStore(places: Places): Store {
	requireKernel(kernelRelease());
	// What is made has the modes that the code says, whatever the caller's umask.
	setFileModeMask(0o022);
	makeDirectories(places.root, 0o700);
	makeDirectories(places.runRoot, 0o700);
	return Store.open(places);
}

/** What every command does when it has opened the store: it looks after containers whose monitor was killed. */
export const arrive = attend;

/** What every command does before it ends: a restart that it found due, and that nobody waits for, is handed over. */
export const leave = relay;

/** True if there is a store: nothing is made by looking. */
export function storeIsThere(at: Places): boolean {
	return typeIfThere(databasePath(at)) !== undefined;
}

/** Opens a copy of the store, for a look that touches nothing. */
export function openCopy(places: Places): Store {
	return Store.openCopy(places);
}

/** mount_setattr, which binds are made private and read-only with, came with 5.12. */
const OLDEST = [5, 12] as const;

/** @throws Failure (125) if the kernel is older than bunker can use */
export function requireKernel(release: string): void {
	const [major = 0, minor = 0] = release.split(".").map((part) => Number.parseInt(part, 10));
	if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
	throw new Failure(`bunker needs Linux ${OLDEST.join(".")} or newer; this is ${release}`, { exitCode: EXIT.refused });
}
