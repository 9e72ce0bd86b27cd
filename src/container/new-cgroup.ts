/** The cgroup of a container that starts: made before its first process, which is born in it. */

import { create, end, type Group } from "../cgroup/cgroup.ts";
import { EXIT, Failure } from "../failure.ts";
import { groupsOf } from "./cgroups.ts";

/** A cgroup that goes again, unless a container has come to be in it. */
export interface MadeCgroup extends Disposable {
	groups: Group[];
	/** it is the container's now */
	keep(): void;
}

/** Makes the cgroup of a container that is about to start. */
export function makeCgroup(id: string, parent?: string): MadeCgroup {
	const wanted = groupsOf(id, parent);
	let kept = false;
	return {
		groups: createAll(wanted),
		keep: () => {
			kept = true;
		},
		[Symbol.dispose]: () => {
			// The child may be dying still: of one whose monitor was killed, we have just killed it.
			if (!kept) end(wanted);
		},
	};
}

/** All, or none. @throws Failure (125) */
function createAll(wanted: readonly Group[]): Group[] {
	try {
		return create(wanted);
	} catch (error) {
		end(wanted);
		throw new Failure((error as Error).message, { exitCode: EXIT.refused, cause: error });
	}
}
