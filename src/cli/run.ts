/** `run`: a container made and run, to its end or in the background. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { EXIT, Failure } from "../failure.ts";
import { runFlags, runOptions } from "./options.ts";
import { sentence } from "./report.ts";
import { requireTerminal } from "./terminal.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	operands: { least: 0 },
	completes: ["image"],
	stopAtFirst: true,
	flags: runFlags,
	description: "With --rootfs DIR there is no IMAGE: the command follows the options.",
	examples: [
		"run --rm busybox echo hello",
		"run -it --rm -v /srv:/data:ro busybox sh",
		"run -d --name web busybox httpd -f",
		"run --explain busybox true",
	],
	async run({ values, operands, open }) {
		const options = await runOptions(values, operands);
		const store = await open({ toLook: values.explain }).catch(refuse);
		const { explain, run } = await import("../container/container.ts");
		if (values.explain) {
			writeOut(STDOUT, explain(store, options));
			return 0;
		}
		if (!options.detach) requireTerminal(options);
		const { id, exitCode } = await run(store, options).catch(refuse);
		if (options.detach) writeOut(STDOUT, `${id}\n`);
		return exitCode;
	},
});

/** Whatever keeps `run` from starting its program is 125, unless it is 126 or 127. */
function refuse(error: unknown): never {
	if (!(error instanceof Failure)) throw new Failure(sentence(error), { exitCode: EXIT.refused, cause: error });
	throw error.exitCode === EXIT.failed ? error.withExitCode(EXIT.refused) : error;
}
