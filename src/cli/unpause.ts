/** `unpause`. */

import { unpause } from "../container/container.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {},
	examples: ["unpause web"],
	async run({ operands, open }) {
		const store = await open();
		return forEachName(operands, async (name) => {
			await unpause(store, name);
			return name;
		});
	},
});
