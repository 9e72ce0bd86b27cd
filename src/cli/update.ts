/** `update`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { update } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { string } from "../flags/flags.ts";
import { discarded, readLimits } from "../flags/resource-values.ts";
import { changeableFlags, isGiven } from "../flags/resources.ts";
import { parseRestart } from "../flags/restarting.ts";
import { outsideFlags } from "../flags/usage.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		...changeableFlags,
		restart: string("", "no, on-failure[:RETRIES], always or unless-stopped", {
			completes: ["no", "on-failure", "always", "unless-stopped"],
		}),
	},
	description: "Limits of a container that runs are changed at once. A value of 0 changes nothing.",
	examples: ["update -m 512m --memory-swap 1g web", "update --cpus 1.5 web db", "update --restart unless-stopped web"],
	async run({ values, operands, open }) {
		if (!Object.values(values).some(isGiven))
			throw new Failure("you must provide one or more flags when using this command");
		const limits = readLimits(values);
		const restart = outsideFlags(() => parseRestart(values.restart, { remove: false }));
		const store = await open();
		const warnings = discarded(values);
		const code = await forEachName(operands, async (name) => {
			warnings.push(...(await update(store, name, { limits, restart })));
			return name;
		});
		// docker's are on stdout, below the names.
		if (warnings.length > 0) writeOut(STDOUT, `${warnings.join("\n")}\n`);
		return code;
	},
});
