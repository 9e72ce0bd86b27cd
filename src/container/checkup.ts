/** The health of containers as their monitors keep it: a file in the run directory, read by whoever looks. */

import { errnoText } from "../../ffi/errno.ts";
import { close, readFileIfThere, readSmallIfThere } from "../../ffi/file.ts";
import { emptyMemfd, fillMemfd } from "../../ffi/library.ts";
import { decodeHealth, decodeProbes, type HealthHead, type ProbeResult } from "../../ffi/tape.ts";
import { formatTime } from "../clock.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { runDirectory } from "../places.ts";
import {
	type Cgroup,
	compileProbe,
	type Identity,
	type PolicyOptions,
	type Process,
	type Spec,
	USER_ANNOTATION,
} from "../runtime/runtime.ts";
import { groupsOf, joined } from "./cgroups.ts";
import { recordOf } from "./events.ts";
import { readSpec } from "./files.ts";
import { type Check, checkIn, type Health, type HealthStatus, healthFrom, statusOf } from "./health.ts";
import { tryLockOperation } from "./locks.ts";
import { outcome } from "./outcome.ts";
import { stepFailure } from "./play.ts";
import { byId, type Container, noteHealthChanges } from "./table.ts";

const pathOf = (store: Store, id: string) => `${runDirectory(store.places, id)}/health`;

function headOf(store: Store, id: string): HealthHead | undefined {
	const bytes = readSmallIfThere(pathOf(store, id));
	return bytes && decodeHealth(bytes);
}

/** The status of a container that runs; undefined if it has no check. */
export function healthStatus(store: Store, id: string): HealthStatus | undefined {
	const head = headOf(store, id);
	return head && statusOf(head.status);
}

/** The health of a container that runs, with its log; undefined if it has no check. */
export function readHealth(store: Store, container: Container): Health | undefined {
	const bytes = readFileIfThere(pathOf(store, container.id));
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

/** A probe's process: as the container's first one, without a terminal. */
function probeProcess(spec: Spec, { command }: Check): Process {
	return { ...spec.process, terminal: false, args: command };
}

/**
 * The job of a container's probe, in a memfd that the monitor holds: empty
 * until the container's files have said who runs it.
 */
export class ProbeJob implements Disposable {
	readonly fd = emptyMemfd(NAME);

	constructor(
		private readonly spec: Spec,
		private readonly check: Check,
	) {}

	/** What the monitor is told. @param probe its number of the memfd */
	policy(probe: number): NonNullable<PolicyOptions["health"]> {
		const { interval, timeout, startPeriod, startInterval, retries } = this.check;
		return { probe, interval, timeout, startPeriod, startInterval, retries };
	}

	[Symbol.dispose](): void {
		close(this.fd);
	}

	/** Writes the job. */
	fill(identity: Identity, cgroups: readonly Cgroup[]): void {
		const user = this.spec.annotations[USER_ANNOTATION] ?? "";
		const { tape, policy } = compileProbe(probeProcess(this.spec, this.check), { identity, user, cgroups });
		fillMemfd(this.fd, NAME, tape.encode(policy.place));
	}
}

const NAME = "bunker-probe";

/**
 * Records the changes of a container's health as events that are none yet; by
 * the holder of its operation lock. Of very many since the last look only the
 * newest are known.
 */
export function recordHealth(store: Store, container: Container): void {
	const head = news(store, container);
	if (!head) return;
	const fresh = head.recent.slice(-(head.changes - container.healthChanges));
	outcome(() => {
		store.transaction(() => {
			for (const { status, time } of fresh)
				recordOf(store, container, `health_status: ${statusOf(status)}`, { time: formatTime(time) });
			noteHealthChanges(store, container.id, head.changes);
		});
		announce(store);
	});
}

function news(store: Store, { id, healthChanges }: Container): HealthHead | undefined {
	const head = headOf(store, id);
	return head && head.changes > healthChanges ? head : undefined;
}

/** The same for who only looks: nothing, if somebody is just at the container. */
export function foldHealth(store: Store, container: Container): void {
	if (!news(store, container)) return;
	using operation = tryLockOperation(store, container.id);
	const row = operation && byId(store, container.id);
	if (row) recordHealth(store, row);
}
