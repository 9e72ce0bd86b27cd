/** The job of a container's health check, which its monitor plays on a timer. */

import { close } from "../../ffi/file.ts";
import { emptyMemfd, fillMemfd } from "../../ffi/library.ts";
import {
	type Cgroup,
	compileProbe,
	type Identity,
	type PolicyOptions,
	type Process,
	type Spec,
	USER_ANNOTATION,
} from "../runtime/runtime.ts";
import type { Check } from "./health.ts";

/** A probe's process: as the container's first one, without a terminal. */
export function probeProcess(spec: Spec, { command }: Check): Process {
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
