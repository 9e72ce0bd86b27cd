/** `import`: a tar of a root file system → an image. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import { list, string } from "../flags/flags.ts";
import { helpHint, malformed } from "../flags/usage.ts";
import { importTar, platformFrom } from "../image/image.ts";
import { openSource } from "./source.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] FILE|- [REPOSITORY[:TAG]]",
	operands: { least: 1 },
	completes: ["file"],
	flags: {
		change: list("c", "apply an instruction of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL …"),
		message: string("m", "a comment in the image's history"),
		platform: string("", "what the image says that it is for: os[/arch[/variant]]", { standard: "this machine" }),
	},
	description: "The archive may be compressed with gzip, zstd or xz; - is stdin.",
	examples: ["import rootfs.tar.xz base:1", "import -c 'CMD [\"sh\"]' - busybox < rootfs.tar"],
	busy: true,
	async run({ values, operands: [file = "", reference, ...more], open }) {
		// docker says that it takes one or more, and passes over the third.
		if (more.length > 0)
			throw new Failure("'bunker import' requires at most 2 arguments", { hint: helpHint("import") });
		if (/^https?:\/\//.test(file)) throw malformed(`import of ${file} is not supported yet (registries: pull, push)`);
		const platform = await platformFrom(values.platform);
		const store = await open();
		using source = await openSource(file === "-" ? undefined : file);
		const id = await importTar(store, source, reference, { message: values.message, changes: values.change, platform });
		writeOut(STDOUT, `${id}\n`);
		return 0;
	},
});
