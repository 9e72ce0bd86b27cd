/** `pause`. */

import { pause } from "../container/container.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {},
	examples: ["pause web", "pause web db"],
	async run({ operands, open }) {
		const store = await open();
		return forEachName(operands, async (name) => {
			await pause(store, name);
			return name;
		});
	},
});
