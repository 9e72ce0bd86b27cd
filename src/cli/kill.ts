/** `kill`. */

import { kill } from "../container/container.ts";
import { string } from "../flags/flags.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: { signal: string("s", "the signal, by name or number", { standard: "KILL" }) },
	examples: ["kill web", "kill -s HUP web"],
	async run({ values, operands, open }) {
		const store = await open();
		return forEachName(operands, async (name) => {
			await kill(store, name, { signal: values.signal || "KILL" });
			return name;
		});
	},
});
