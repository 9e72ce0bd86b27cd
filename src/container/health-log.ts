/** What a health check has said so far, as `inspect` shows it and the row keeps it. */

import { errnoText } from "../../ffi/errno.ts";
import { readFileIfThere } from "../../ffi/file.ts";
import { decodeHealth, decodeProbes, type ProbeResult } from "../../ffi/tape.ts";
import type { Store } from "../kernel/store.ts";
import { compileProbe, USER_ANNOTATION } from "../runtime/runtime.ts";
import { groupsOf, joined } from "./cgroups.ts";
import { healthPath } from "./checkup.ts";
import { checkIn, type Health, healthFrom } from "./health.ts";
import { probeProcess } from "./probing.ts";
import { readSpec } from "./run-directory.ts";
import { stepFailure } from "./step-failure.ts";
import type { Container } from "./table.ts";

/** The health of a container that runs, with its log; undefined if it has no check. */
export function readHealth(store: Store, container: Container): Health | undefined {
	const bytes = readFileIfThere(healthPath(store, container.id));
	const head = bytes && decodeHealth(bytes);
	if (!head) return undefined;
	const why = (result: ProbeResult) => stepError(store, container, result);
	return healthFrom(head, decodeProbes(bytes, head), container.health?.log ?? [], why);
}

/** The tape's sentences are not kept; it is compiled once more, for them alone. */
function stepError(store: Store, { id, options }: Container, { step, error }: ProbeResult): string {
	const spec = readSpec(store, id);
	const check = spec && checkIn(spec);
	// The probe could not even be forked.
	if (!check || step === 0) return `run the health check: ${errnoText(error)}`;
	const { tape } = compileProbe(probeProcess(spec, check), {
		identity: NOBODY,
		user: spec.annotations[USER_ANNOTATION] ?? "",
		cgroups: groupsOf(id, options.cgroupParent).map(joined),
	});
	return stepFailure(tape.steps, step - 1, error).message;
}

const NOBODY = { uid: 0, gid: 0, groups: [], home: "/" };
