/** `image inspect`: images only. */

import { string } from "../flags/flags.ts";
import { platformFrom } from "../image/image.ts";
import { printObjects } from "./objects.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	operands: { least: 1 },
	completes: ["image"],
	flags: {
		format: string("f", "print with a Go template, or 'json' in one line"),
		platform: string("", "an error unless it is for os[/arch[/variant]]"),
	},
	examples: ["image inspect busybox", "image inspect -f '{{.Config.Cmd}}' busybox"],
	async run({ values: { format, platform }, operands, open }) {
		return printObjects(open, operands, { type: "image", format, size: false, platform: await platformFrom(platform) });
	},
});
