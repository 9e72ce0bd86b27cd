/** `restart`. */

import { restart } from "../container/container.ts";
import { endFlags } from "../flags/stopping.ts";
import { forEachName } from "./each.ts";
import { warnKilled } from "./stop.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: endFlags,
	examples: ["restart web", "restart -t 1 web db"],
	async run({ values, operands, open }) {
		const store = await open();
		return forEachName(operands, async (name) => {
			const killed = await restart(store, name, { timeout: values.timeout, signal: values.signal || undefined });
			if (killed && values.timeout !== 0) await warnKilled(name);
			return name;
		});
	},
});
