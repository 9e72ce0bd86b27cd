/** What is in the run directory of a container that was started: its config.json, and its monitor's state and record. */

import { readFileIfThere, readSmallIfThere } from "../../ffi/file.ts";
import { SMALL } from "../../ffi/system.ts";
import { decodeRecords, decodeState, type RecordEntry, type State } from "../../ffi/tape.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import type { Spec } from "../runtime/runtime.ts";

/** The config.json that a running container was started with. */
export function readSpec(store: Store, id: string): Spec | undefined {
	const bytes = readFileIfThere(`${runDirectory(store.places, id)}/config.json`);
	return bytes && JSON.parse(new TextDecoder().decode(bytes));
}

/** The processes of a run; undefined where there is none. */
export function readState(store: Store, id: string): State | undefined {
	const bytes = readSmallIfThere(`${runDirectory(store.places, id)}/state`);
	return bytes && decodeState(bytes);
}

/** What a monitor has noted of a run; empty without one. */
export function recordOfRun(store: Store, id: string): RecordEntry[] {
	const path = `${runDirectory(store.places, id)}/record`;
	const beginning = readSmallIfThere(path);
	const bytes = beginning?.length === SMALL ? readFileIfThere(path) : beginning;
	return bytes && bytes.length > 0 ? decodeRecords(bytes) : [];
}
