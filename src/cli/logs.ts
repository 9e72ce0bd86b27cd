/** `logs`. */

import { STDERR, STDOUT, writeOut } from "../../ffi/output.ts";
import { bool, string } from "./flags.ts";
import { malformed } from "./usage.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER",
	operands: { least: 1, most: 1 },
	completes: ["container"],
	flags: {
		follow: bool("f", "go on until the container stops"),
		tail: string("n", "the last so many lines", { standard: "all" }),
		timestamps: bool("t", "begin each line with its time"),
	},
	examples: ["logs web", "logs -f --tail 10 -t web"],
	busy: true,
	async run({ values, operands: [name = ""], open }) {
		const tail = parseTail(values.tail);
		const store = await open();
		const { logs } = await import("../container/container.ts");
		await logs(store, name, {
			follow: values.follow,
			tail,
			timestamps: values.timestamps,
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
