/** `export`: a container's root → an archive. */

import { exportContainer } from "../container/container.ts";
import { string } from "../flags/flags.ts";
import { destination } from "./destination.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER",
	operands: { least: 1, most: 1 },
	completes: ["container"],
	flags: { output: string("o", "write to this file instead of stdout", { completes: "file" }) },
	description: "The archive holds what the container is made of and has written, not what is mounted in it.",
	examples: ["export -o web.tar web", "export web | bunker import - flat:1"],
	busy: true,
	async run({ values, operands: [name = ""], open }) {
		using archive = await destination(values.output || undefined, "export container");
		const store = await open();
		await exportContainer(store, name, () => archive.open());
		archive.done();
		return 0;
	},
});
