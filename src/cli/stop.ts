/** `stop`. */

import type { Stopped } from "../container/container.ts";
import { stop } from "../container/container.ts";
import { endFlags } from "../flags/stopping.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

/** The usual reason: a program that is PID 1 gets no signal that it has not asked for (pid_namespaces(7)). */
export async function warnKilled(name: string): Promise<void> {
	const { warn } = await import("../flags/notice.ts");
	warn(`${name} did not end in time and was killed; run it with --init if it does not handle SIGTERM`);
}

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: endFlags,
	examples: ["stop web", "stop -t 1 web db"],
	async run({ values, operands, open }) {
		const store = await open();
		const outcomes = await stop(store, operands, { timeout: values.timeout, signal: values.signal || undefined });
		return forEachName(operands, async (name, index) => {
			const { failure, killed } = outcomes[index] as Stopped;
			if (failure !== undefined) throw failure;
			if (killed && values.timeout !== 0) await warnKilled(name);
			return name;
		});
	},
});
