/** `__reap ID`: started by the monitor of a container that has ended: removes it (--rm), or starts it again (--restart). */

import { reap } from "../container/container.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "ID [FILES]",
	operands: { least: 1, most: 2 },
	flags: {},
	examples: [],
	async run({ operands: [id = "", files], open }) {
		// It is what another command's look would lead to: it need not look itself.
		const store = await open({ alone: true });
		await reap(store, id, files === undefined ? undefined : Number(files));
		return 0;
	},
});
