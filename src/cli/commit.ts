/** `commit`: a container → an image. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { commit } from "../container/container.ts";
import { bool, list, string } from "../flags/flags.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
	operands: { least: 1, most: 2 },
	completes: ["container", "image"],
	flags: {
		author: string("a", "the author, in the image's configuration and history"),
		change: list("c", "apply an instruction of a Dockerfile: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL …"),
		message: string("m", "a comment in the image's history"),
		pause: bool("p", "pause the container while it is read; -p=false lets it run on", { standard: "true" }),
	},
	examples: [
		"commit web site:2",
		"commit -m 'with tools' -c 'CMD [\"httpd\", \"-f\"]' -c 'ENV DEBUG=1' web site:debug",
	],
	busy: true,
	async run({ values, operands: [name = "", reference], open }) {
		const store = await open();
		const { author, message, change: changes } = values;
		const options = { author, message, changes, reference: reference || undefined, pause: values.pause };
		const { id, ranOn } = await commit(store, name, options);
		writeOut(STDOUT, `${id}\n`);
		if (ranOn !== undefined) (await import("../flags/notice.ts")).warn(`${name} ran on while it was read: ${ranOn}`);
		return 0;
	},
});
