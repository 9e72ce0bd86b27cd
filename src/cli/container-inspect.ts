/** `container inspect`: containers only. */

import { bool, string } from "../flags/flags.ts";
import { printObjects } from "./objects.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		format: string("f", "print with a Go template, or 'json' in one line"),
		size: bool("s", "count what they have written: SizeRw and SizeRootFs"),
	},
	examples: ["container inspect web", "container inspect -s -f '{{.SizeRw}}' web"],
	run: ({ values, operands, open }) =>
		printObjects(open, operands, { type: "container", format: values.format, size: values.size }),
});
