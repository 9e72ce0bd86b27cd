/** `run`: a container made and run, to its end or in the background. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { explain, run } from "../container/container.ts";
import type { RunOptions } from "../container/options.ts";
import { reserveIdFile } from "../flags/cidfile.ts";
import { runFlags, runOptions } from "../flags/options.ts";
import type { Store } from "../kernel/store.ts";
import { refuseRun } from "./refuse.ts";
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
		"run -d --name web -p 8080:80 busybox httpd -f",
		"run --explain busybox true",
	],
	async run({ values, operands, open, config }) {
		const options = await runOptions("run", values, operands, await config());
		const store = await open({ toLook: values.explain }).catch(refuseRun);
		if (values.explain) return explainRun(store, options);
		const { interactive, tty, attach } = options;
		if (!options.detach) requireTerminal({ interactive: interactive || (attach?.includes("stdin") ?? false), tty });
		const { id, exitCode } = await runWithFile(store, options, values.cidfile).catch(refuseRun);
		if (options.detach) writeOut(STDOUT, `${id}\n`);
		return exitCode;
	},
});

async function explainRun(store: Store, options: RunOptions): Promise<number> {
	writeOut(STDOUT, await explain(store, options));
	return 0;
}

async function runWithFile(store: Store, options: RunOptions, path: string | undefined) {
	using file = reserveIdFile(path);
	return await run(store, options, (id) => file.write(id));
}
