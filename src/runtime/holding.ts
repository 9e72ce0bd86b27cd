/**
 * A hold: the root of a container with what is mounted in it, in a mount
 * namespace of the helper's own. It shows at /proc/PID/root of the helper, which
 * waits until bunker lets go of it or is gone; with it go the mounts. Nothing of
 * the container is executed.
 */

import { CLONE_NEWNS } from "../../ffi/constants.ts";
import { Tape } from "../kernel/tape.ts";
import { Paths } from "./paths.ts";
import { type Compiled, writePolicy } from "./policy.ts";
import { enterRoot, leaveHost, type RootSource, sealRoot, takeRoot } from "./root.ts";
import { makeMounts, placeMount, type SourceFacts, sealMounts, takeMounts } from "./sources.ts";
import type { Mount, Spec } from "./spec.ts";
import { NO_MONITOR } from "./waiting.ts";

/** The helper's numbers of descriptors. */
interface Given {
	/** its end of the socket: a byte comes out of it when the root is there; it waits for its end */
	control: number;
	/** of the directory that holds the upper layer: kept as long as it is mounted; -1: none */
	lock: number;
	/** of the host's mount namespace; the highest of its numbers */
	host: number;
}

export interface HoldFacts extends Given, Omit<SourceFacts, "nodes" | "donors"> {
	root: RootSource;
}

export interface CopyFacts extends Given {
	/** a pidfd of the container's first process */
	pidfd: number;
}

/** What `control` says when the root is there. */
export const HOLD_READY = 1;

/**
 * Compiles a hold of a container that does not run.
 * @param spec only what the user has mounted: no program, no kernel's file systems
 */
export function compileHold(spec: Pick<Spec, "mounts" | "root">, facts: HoldFacts): Compiled {
	const { tape, policy } = begin(facts);
	const paths = new Paths(tape, facts.root.kind === "directory");
	const taken = takeMounts(tape, spec.mounts.map(unshared), { ...facts, nodes: false });
	const root = takeRoot(tape, facts.root, false);
	tape.step("enter a mount namespace of its own", "unshare", [CLONE_NEWNS]);
	leaveHost(tape);
	makeMounts(taken);
	enterRoot(tape, facts.root, root, false);
	for (const one of taken) placeMount(tape, paths, one);
	sealMounts(tape, taken);
	if (spec.root.readonly) sealRoot(tape, false);
	keep(tape, facts);
	return { tape, policy };
}

/** What is mounted in it here would show up on the host. */
const unshared = (mount: Mount): Mount => ({
	...mount,
	options: mount.options.filter((option) => !/^r?(shared|slave|private)$/.test(option)),
});

/**
 * Compiles a hold of a container that runs: a copy of its mount namespace. It
 * stays as it is when the container ends; and its root is the namespace's, not
 * what the program may have made its own by chroot(2), which is what
 * /proc/PID/root shows.
 */
export function compileCopy(facts: CopyFacts): Compiled {
	const { tape, policy } = begin(facts);
	tape.step(ENTER, "setns", [facts.pidfd, CLONE_NEWNS]);
	tape.step("take a copy of it", "unshare", [CLONE_NEWNS]);
	keep(tape, facts);
	return { tape, policy };
}

/** The step that fails with ESRCH where the container's first process has ended. */
export const ENTER = "enter the container's mount namespace";

function begin({ control, lock }: Given): Compiled {
	const tape = new Tape();
	const policy = writePolicy(tape, { ...NO_MONITOR, control, lock });
	tape.step("set the file mode mask to 0: modes are what the steps say", "umask", [0]);
	tape.step("begin a session of its own", "setsid", []);
	return { tape, policy };
}

/**
 * It leaves the namespace before it ends: of a process that ends, the kernel
 * closes the descriptors, and so frees the lock, before it unmounts.
 */
function keep(tape: Tape, { control, host }: Given): void {
	const ready = tape.bytes(Uint8Array.of(HOLD_READY));
	tape.step("tell bunker that the root is there", "write", [control, ready, 1], { full: true });
	tape.step("wait until bunker lets go of it", "read", [control, ready, 1]);
	tape.step("close what was opened of the root", "close_range", [host + 1, 0xffffffff, 0]);
	tape.step("go back to the host's mounts, so that those of the root are gone", "setns", [host, CLONE_NEWNS]);
	tape.step("end", "exit_group", [0]);
}
