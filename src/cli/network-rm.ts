/** `network rm`. */

import { removeNetwork } from "../container/container.ts";
import { bool } from "../flags/flags.ts";
import { forEachName } from "./each.ts";
import { isNoSuchNetwork } from "./missing.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] NETWORK [NETWORK...]",
	operands: { least: 1 },
	completes: ["network"],
	flags: { force: bool("f", "a network that is not there is no error") },
	description: "Containers that run keep their networks; those that do not could not be started any more.",
	examples: ["network rm backend", "network rm -f web backend"],
	async run({ values: { force }, operands, open }) {
		const store = await open();
		return forEachName(operands, async (name) => {
			try {
				await removeNetwork(store, name);
				return name;
			} catch (error) {
				if (force && isNoSuchNetwork(error)) return undefined;
				throw error;
			}
		});
	},
});
