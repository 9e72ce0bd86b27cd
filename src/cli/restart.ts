/** `restart`. */

import { restart } from "../container/container.ts";
import { int, string } from "../flags/flags.ts";
import { forEachName } from "./each.ts";
import { warnKilled } from "./stop.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		signal: string("s", "the signal to send", { standard: "the container's, or SIGTERM" }),
		timeout: int("t", "seconds to wait before it is killed, -1 for ever", {
			standard: "the container's, or 10",
			synonyms: ["time"],
		}),
	},
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
