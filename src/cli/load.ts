/** `load`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, string } from "../flags/flags.ts";
import { load, platformFrom } from "../image/image.ts";
import { openSource } from "./source.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: {
		input: string("i", "read this file instead of stdin", { completes: "file" }),
		platform: string("", "load only images for os[/arch[/variant]]"),
		quiet: bool("q", "no progress; bunker shows none"),
	},
	description: "The archive may be compressed with gzip, zstd or xz.",
	examples: ["load -i images.tar", "load < images.tar.gz"],
	busy: true,
	async run({ values, open }) {
		const platform = await platformFrom(values.platform);
		const store = await open();
		using source = await openSource(values.input || undefined);
		const { references, ids, taken } = await load(store, source, platform);
		const lines = [
			...references.map((reference) => `${renamed(reference, taken)}Loaded image: ${reference}\n`),
			...ids.map((id) => `Loaded image ID: ${id}\n`),
		];
		writeOut(STDOUT, lines.join(""));
		return 0;
	},
});

/** docker's sentence, also where the other image has more names (moby, image/tarexport/load.go). */
function renamed(reference: string, taken: ReadonlyMap<string, string>): string {
	const id = taken.get(reference);
	return id ? `The image ${reference} already exists, renaming the old one with ID ${id} to empty string\n` : "";
}
