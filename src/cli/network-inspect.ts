/** `network inspect`: networks only. */

import { bool, string } from "../flags/flags.ts";
import { printObjects } from "./objects.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] NETWORK [NETWORK...]",
	operands: { least: 1 },
	completes: ["network"],
	flags: {
		format: string("f", "print with a Go template, or 'json' in one line"),
		verbose: bool("v", "what a swarm knows besides: nothing here"),
	},
	examples: ["network inspect bridge", "network inspect -f '{{(index .IPAM.Config 0).Gateway}}' bridge"],
	run: ({ values: { format }, operands, open }) =>
		printObjects(open, operands, { type: "network", format, size: false }),
});
