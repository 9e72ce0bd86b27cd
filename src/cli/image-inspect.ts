/** `image inspect`: images only. */

import { string } from "../flags/flags.ts";
import { printObjects } from "./objects.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	operands: { least: 1 },
	completes: ["image"],
	flags: { format: string("f", "print with a Go template, or 'json' in one line") },
	examples: ["image inspect busybox", "image inspect -f '{{.Config.Cmd}}' busybox"],
	run: ({ values, operands, open }) =>
		printObjects(open, operands, { type: "image", format: values.format, size: false }),
});
