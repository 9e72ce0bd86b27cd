/**
 * Containers: the face of this folder, and the only place where images,
 * networks and cgroups meet. Each verb stands in a file of its own.
 */

export { type AttachOptions, attach } from "./attach.ts";
export { attend } from "./attend.ts";
export type { CommitOptions } from "./commit.ts";
export type { Copying } from "./copying-ends.ts";
export { create } from "./create.ts";
export { parseDeviceRule } from "./device-rules.ts";
export { type ExecOptions, exec } from "./exec.ts";
export { Facts, mountPoints } from "./facts.ts";
export { type EventsOptions, events, type Recorded } from "./following.ts";
export type { Health, HealthStatus, Probe } from "./health.ts";
export { keySequence } from "./keys.ts";
export { count, list, type Summary } from "./list.ts";
export { type LogsOptions, logs } from "./logs.ts";
export {
	defaultLog,
	type LogDriver,
	type LogOptions,
	type MountOption,
	type Point,
	type Propagation,
	type RunOptions,
	type VolumeOption,
} from "./options.ts";
export { type Clock, clock, type ProcessInfo } from "./processes.ts";
export type { PrunedContainers } from "./prune.ts";
export { relay } from "./relay.ts";
export { remove } from "./remove.ts";
export { reap } from "./restart.ts";
export { type RunResult, run } from "./run.ts";
export {
	checkLimits,
	commit,
	connectNetwork,
	copyIn,
	copyOut,
	diff,
	disconnectNetwork,
	explain,
	exportContainer,
	inspect,
	inspectNetwork,
	meter,
	packOut,
	pause,
	ports,
	processes,
	prune,
	pruneNetworks,
	removeLink,
	removeNetwork,
	removeVolume,
	rename,
	resolve,
	selectNetworks,
	shownNetworks,
	shownPorts,
	startAfterBoot,
	unpackIn,
	unpause,
	update,
} from "./seldom.ts";
export { select } from "./select.ts";
export { detachedEarly, type SessionEnd } from "./session.ts";
export type { ShownPort } from "./shown-ports.ts";
export { signalNumber } from "./signals.ts";
export { writtenBytes } from "./size.ts";
export { restart, start } from "./start.ts";
export { upStates } from "./state.ts";
export type { Amounts, Meter, Stalled, Usage } from "./stats.ts";
export { kill, type Stopped, stop, wait } from "./stop.ts";
export { names } from "./table.ts";
