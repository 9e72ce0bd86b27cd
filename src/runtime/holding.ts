/**
 * A hold: the root of a container that does not run, with what its user has
 * mounted in it, in a mount namespace of the helper's own. It shows at
 * /proc/PID/root of the helper, which waits until bunker lets go of it or is
 * gone; with it go the mounts. Nothing of the container is executed.
 */

import { CLONE_NEWNS } from "../../ffi/constants.ts";
import { Tape } from "../kernel/tape.ts";
import { mountFileSystem, placeBind, takeBind } from "./mounts.ts";
import { Paths } from "./paths.ts";
import { type Compiled, writePolicy } from "./policy.ts";
import { enterRoot, type RootSource, sealRoot, takeRoot } from "./root.ts";
import type { Spec } from "./spec.ts";
import { NO_MONITOR } from "./waiting.ts";

export interface HoldFacts {
	root: RootSource;
	/** sources of bind mounts that are directories */
	directories: ReadonlySet<string>;
	/** the helper's end of the socket: a byte comes out of it when the root is there; it waits for its end */
	control: number;
	/** of the directory that holds the upper layer: kept as long as it is mounted */
	lock: number;
}

/** What `control` says when the root is there. */
export const HOLD_READY = 1;

/**
 * Compiles a hold.
 * @param spec only what the user has mounted: no program, no kernel's file systems
 */
export function compileHold(spec: Pick<Spec, "mounts" | "root">, facts: HoldFacts): Compiled {
	const tape = new Tape();
	const paths = new Paths(tape);
	const policy = writePolicy(tape, { ...NO_MONITOR, control: facts.control, lock: facts.lock });
	tape.step("set the file mode mask to 0: modes are what the steps say", "umask", [0]);
	tape.step("begin a session of its own", "setsid", []);
	const binds = spec.mounts.map((mount) =>
		mount.type === "bind"
			? takeBind(tape, mount, { directory: facts.directories.has(mount.source), devices: false })
			: undefined,
	);
	const root = takeRoot(tape, facts.root, false);
	tape.step("enter a mount namespace of its own", "unshare", [CLONE_NEWNS]);
	enterRoot(tape, facts.root, root, false);
	spec.mounts.forEach((mount, index) => {
		const bind = binds[index];
		if (bind) placeBind(tape, paths, bind);
		else mountFileSystem(tape, paths, mount);
	});
	if (spec.root.readonly) sealRoot(tape, false);
	const ready = tape.bytes(Uint8Array.of(HOLD_READY));
	tape.step("tell bunker that the root is there", "write", [facts.control, ready, 1], { full: true });
	tape.step("wait until bunker lets go of it", "read", [facts.control, ready, 1]);
	tape.step("end", "exit_group", [0]);
	return { tape, policy };
}
