/** `load`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, string } from "../flags/flags.ts";
import { load } from "../image/image.ts";
import { openSource } from "./source.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		input: string("i", "read this file instead of stdin", { completes: "file" }),
		quiet: bool("q", "no progress; bunker shows none"),
	},
	description: "The archive may be compressed with gzip, zstd or xz.",
	examples: ["load -i images.tar", "load < images.tar.gz"],
	busy: true,
	async run({ values, open }) {
		const store = await open();
		using source = await openSource(values.input || undefined);
		const { references, ids } = await load(store, source);
		const lines = [
			...references.map((reference) => `Loaded image: ${reference}\n`),
			...ids.map((id) => `Loaded image ID: ${id}\n`),
		];
		writeOut(STDOUT, lines.join(""));
		return 0;
	},
});
