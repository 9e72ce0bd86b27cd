/** `start`. */

import { start } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { detachKeysFlag, parseDetachKeys, reportSkipped } from "../flags/attaching.ts";
import { bool } from "../flags/flags.ts";
import { outsideFlags } from "../flags/usage.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		attach: bool("a", "stay: print its output, forward signals, return its exit code"),
		"detach-keys": detachKeysFlag,
		interactive: bool("i", "stay, and pass stdin on"),
	},
	examples: ["start web", "start -ai shell", "start -a --detach-keys ctrl-x job"],
	async run({ values, operands, open, config }) {
		const { "detach-keys": configured } = await config();
		const detachKeys = outsideFlags(() => parseDetachKeys(values["detach-keys"], configured));
		const attached = values.attach || values.interactive;
		if (attached && operands.length > 1) throw new Failure("you cannot start and attach multiple containers at once");
		const store = await open();
		const options = { attach: values.attach, interactive: values.interactive, detachKeys };
		if (attached) {
			const name = operands[0] as string;
			const end = await start(store, name, options);
			await reportSkipped(name, end?.skipped ?? 0);
			return end?.exitCode;
		}
		return forEachName(operands, async (name) => {
			await start(store, name, options);
			return name;
		});
	},
});
