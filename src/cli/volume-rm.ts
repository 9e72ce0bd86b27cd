/** `volume rm`. */

import { removeVolume } from "../container/container.ts";
import { bool } from "../flags/flags.ts";
import { forEachName } from "./each.ts";
import { isNoSuchVolume } from "./missing.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] VOLUME [VOLUME...]",
	operands: { least: 1 },
	completes: ["volume"],
	flags: { force: bool("f", "a volume that is not there is no error") },
	description: "Not while a container uses it, running or not.",
	examples: ["volume rm data", "volume rm -f data cache"],
	async run({ values: { force }, operands, open }) {
		const store = await open();
		return forEachName(operands, async (name) => {
			try {
				await removeVolume(store, name);
			} catch (error) {
				if (!force || !isNoSuchVolume(error)) throw error;
			}
			// docker prints the name of a missing one, too.
			return name;
		});
	},
});
