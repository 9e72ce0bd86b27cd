/** `save`: images → an archive. */

import { string } from "../flags/flags.ts";
import { platformFrom, save } from "../image/image.ts";
import { destination } from "./destination.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	operands: { least: 1 },
	completes: ["image"],
	flags: {
		output: string("o", "write to this file instead of stdout", { completes: "file" }),
		platform: string("", "an error unless all are for os[/arch[/variant]]"),
	},
	description: "The archive is docker's and an OCI image layout at once. A name without a tag means all of its tags.",
	examples: ["save -o tools.tar tools:1 tools:2", "save busybox | gzip > busybox.tar.gz"],
	busy: true,
	async run({ values, operands, open }) {
		const platform = await platformFrom(values.platform);
		using archive = await destination(values.output || undefined, "save image");
		const store = await open();
		await save(store, operands, () => archive.open(), platform);
		archive.done();
		return 0;
	},
});
