/** `__reap ID`: started by the monitor of a container that has ended: removes it (--rm), or starts it again (--restart). */

import { verb } from "./verb.ts";

export default verb({
	usage: "ID",
	operands: { least: 1, most: 1 },
	flags: {},
	examples: [],
	async run({ operands: [id = ""], open }) {
		const store = await open();
		const { reap } = await import("../container/container.ts");
		await reap(store, id);
		return 0;
	},
});
