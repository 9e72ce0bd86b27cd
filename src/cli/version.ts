/** `version`: who this is. Loads nothing that needs the kernel. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { version } from "../../package.json";
import { architecture, commit } from "../flags/build.ts";
import { string } from "../flags/flags.ts";
import { verb } from "./verb.ts";

/** `--version`: one line, in the form of docker's. */
export function versionLine(): string {
	return `bunker version ${version}, build ${commit}`;
}

export default verb({
	usage: "[OPTIONS]",
	operands: { least: 0, most: 0 },
	flags: { format: string("f", "print with a Go template, or 'json' in one line") },
	examples: ["version", "version -f '{{.Server.Version}}'"],
	async run({ values }) {
		writeOut(STDOUT, values.format ? await formatted(values.format) : `${lines().join("\n")}\n`);
		return 0;
	},
});

function lines(): string[] {
	return [
		"bunker:",
		` Version:           ${version}`,
		` Git commit:        ${commit}`,
		` Bun version:       ${Bun.version}`,
		` OS/Arch:           linux/${architecture}`,
	];
}

async function formatted(format: string): Promise<string> {
	const { formatVersion } = await import("./version-format.ts");
	return formatVersion(format);
}
