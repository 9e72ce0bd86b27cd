/** `rename`. */

import { rename } from "../container/container.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "CONTAINER NEW_NAME",
	operands: { least: 2, most: 2 },
	completes: ["container"],
	flags: {},
	examples: ["rename web old-web"],
	async run({ operands: [name = "", newName = ""], open }) {
		const store = await open();
		await rename(store, name, newName);
		return 0;
	},
});
