/** `start`. */

import { Failure } from "../failure.ts";
import { forEachName } from "./each.ts";
import { bool } from "./flags.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		attach: bool("a", "stay: print its output, forward signals, return its exit code"),
		interactive: bool("i", "stay, and pass stdin on"),
	},
	examples: ["start web", "start -ai shell"],
	async run({ values, operands, open }) {
		const attached = values.attach || values.interactive;
		if (attached && operands.length > 1) throw new Failure("you cannot start and attach multiple containers at once");
		const store = await open();
		const { start } = await import("../container/container.ts");
		if (attached) return start(store, operands[0] as string, values);
		return forEachName(operands, async (name) => {
			await start(store, name, values);
			return name;
		});
	},
});
