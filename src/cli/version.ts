/** `version`: who this is. Loads nothing that needs the kernel. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { version } from "../../package.json";
import { verb } from "./verb.ts";

/** Put in by the Makefile's `--define`. */
declare const BUNKER_COMMIT: string | undefined;

const commit = typeof BUNKER_COMMIT === "string" ? BUNKER_COMMIT : "unknown";

/** Go's name of the architecture, as docker and the OCI have it. */
export const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** `--version`: one line, in the form of docker's. */
export function versionLine(): string {
	return `bunker version ${version}, build ${commit}`;
}

export default verb({
	usage: "",
	operands: { least: 0, most: 0 },
	flags: {},
	examples: ["version"],
	run() {
		const lines = [
			"bunker:",
			` Version:           ${version}`,
			` Git commit:        ${commit}`,
			` Bun version:       ${Bun.version}`,
			` OS/Arch:           linux/${architecture}`,
		];
		writeOut(STDOUT, `${lines.join("\n")}\n`);
		return 0;
	},
});
