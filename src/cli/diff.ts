/** `diff`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { diff } from "../container/container.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "CONTAINER",
	operands: { least: 1, most: 1 },
	completes: ["container"],
	flags: {},
	description: "A is what was added, C what was changed, D what was deleted.",
	examples: ["diff web"],
	busy: true,
	async run({ operands: [name = ""], open }) {
		const store = await open();
		const changes = await diff(store, name);
		writeOut(STDOUT, changes.map(({ kind, path }) => `${kind} ${path}\n`).join(""));
		return 0;
	},
});
