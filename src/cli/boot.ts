/** `__boot`: once after each boot of the host, by bunker.service. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { startAfterBoot } from "../container/container.ts";
import { EXIT } from "../failure.ts";
import { report } from "./report.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "",
	operands: { least: 0, most: 0 },
	flags: {},
	description:
		"Starts containers again that ran when the host went down: those with --restart always,\nand with unless-stopped, unless they were stopped. Prints their names.",
	examples: [],
	async run({ open }) {
		const store = await open();
		let exitCode = 0;
		const started = await startAfterBoot(store, (_name, error) => {
			report(error);
			exitCode = EXIT.failed;
		});
		writeOut(STDOUT, started.map((name) => `${name}\n`).join(""));
		return exitCode;
	},
});
