/** `network disconnect`. */

import { disconnectNetwork } from "../container/container.ts";
import { bool } from "../flags/flags.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] NETWORK CONTAINER",
	operands: { least: 2, most: 2 },
	completes: ["network", "container"],
	flags: { force: bool("f", "also from a network that is gone") },
	description: "A container that runs loses its interface there at once.",
	examples: ["network disconnect backend web"],
	async run({ values: { force }, operands: [network = "", container = ""], open }) {
		await disconnectNetwork(await open(), container, network, { force });
		return 0;
	},
});
