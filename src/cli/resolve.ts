/** `__resolve NETWORK`: the resolver of a network, started by the first container on it. */

import { resolve } from "../container/container.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "NETWORK [adopt]",
	operands: { least: 1, most: 2 },
	flags: {},
	examples: [],
	busy: true,
	async run({ operands: [network = "", adopt], open }) {
		const store = await open({ alone: true });
		await resolve(store, network, adopt !== undefined);
		return 0;
	},
});
