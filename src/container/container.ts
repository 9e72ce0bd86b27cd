/**
 * Containers: the face of this folder, and the only place where images,
 * networks and cgroups meet. Each verb stands in a file of its own.
 */

export { create } from "./create.ts";
export { diff } from "./diff.ts";
export { type ExecOptions, exec } from "./exec.ts";
export { explain } from "./explain.ts";
export { inspect } from "./inspect.ts";
export { count, list, type Summary } from "./list.ts";
export { type LogsOptions, logs } from "./logs.ts";
export { defaultLog, type LogDriver, type LogOptions, type RunOptions, type VolumeOption } from "./options.ts";
export { reap, remove } from "./remove.ts";
export { type RunResult, run } from "./run.ts";
export { signalNumber } from "./signals.ts";
export { start } from "./start.ts";
export { kill, type Stopped, stop, wait } from "./stop.ts";
export { names } from "./table.ts";
