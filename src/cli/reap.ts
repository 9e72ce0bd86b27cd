/** `__reap ID`: started by a monitor whose --rm container has ended while no CLI was there. */

import { verb } from "./verb.ts";

export default verb({
	usage: "ID",
	operands: { least: 1, most: 1 },
	flags: {},
	examples: [],
	async run({ operands: [id = ""], open }) {
		const store = await open();
		const { reap } = await import("../container/container.ts");
		reap(store, id);
		return 0;
	},
});
