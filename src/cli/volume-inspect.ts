/** `volume inspect`: volumes only. */

import { string } from "../flags/flags.ts";
import { printObjects } from "./objects.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] VOLUME [VOLUME...]",
	operands: { least: 1 },
	completes: ["volume"],
	flags: { format: string("f", "print with a Go template, or 'json' in one line") },
	examples: ["volume inspect data", "volume inspect -f '{{.Mountpoint}}' data"],
	run: ({ values: { format }, operands, open }) =>
		printObjects(open, operands, { type: "volume", format, size: false }),
});
