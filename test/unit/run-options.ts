/** What a run without any flag asks for. */

import { defaultLog, type RunOptions } from "../../src/container/options.ts";

/** @param change what a test is about */
export const runOptions = (change: Partial<RunOptions> = {}): RunOptions => ({
	image: "busybox",
	command: [],
	env: [],
	interactive: false,
	tty: false,
	detach: false,
	remove: false,
	init: false,
	readOnly: false,
	network: "none",
	volumes: [],
	log: defaultLog,
	...change,
});
