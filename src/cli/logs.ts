/** `logs`. */

import { STDERR, STDOUT, writeOut } from "../../ffi/output.ts";
import { logs } from "../container/container.ts";
import { bool, string } from "../flags/flags.ts";
import { parseMoment } from "../flags/moments.ts";
import { malformed, outsideFlags } from "../flags/usage.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER",
	operands: { least: 1, most: 1 },
	completes: ["container"],
	flags: {
		details: bool("", "begin each line with the labels and the tag that --log-opt names"),
		follow: bool("f", "go on until the container stops"),
		since: string("", "only what was written since: 10m (ago), 2026-01-31T13:05:00Z, 1767225600"),
		tail: string("n", "the last so many lines", { standard: "all" }),
		timestamps: bool("t", "begin each line with its time"),
		until: string("", "only what was written until: as --since"),
	},
	examples: ["logs web", "logs -f --tail 10 -t web", "logs --since 10m --until 5m web"],
	busy: true,
	async run({ values, operands: [name = ""], open }) {
		const { details, follow, timestamps } = values;
		const tail = parseTail(values.tail);
		const [since, until] = outsideFlags(() => [parseMoment("since", values.since), parseMoment("until", values.until)]);
		const store = await open();
		await logs(store, name, {
			details,
			follow,
			tail,
			timestamps,
			since,
			until,
			stdout: (bytes) => writeOut(STDOUT, bytes),
			stderr: (bytes) => writeOut(STDERR, bytes),
		});
		return 0;
	},
});

/** docker: a negative number is all, as is `all`. */
function parseTail(tail: string | undefined): number | undefined {
	if (tail === undefined || tail === "all" || /^-[0-9]+$/.test(tail)) return undefined;
	if (/^[0-9]{1,15}$/.test(tail)) return Number(tail);
	throw malformed(`invalid value "${tail}" for --tail: a number of lines, or all, is expected`);
}
