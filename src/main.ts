/**
 * argv → exit code. The only place that prints an error, and the only one that
 * ends the process.
 */

import { exitNow } from "../ffi/libc.ts";
import { answer } from "./cli/cli.ts";
import { report } from "./cli/report.ts";
import { commandLine } from "./flags/argv.ts";

for (const event of ["unhandledRejection", "uncaughtException"])
	process.on(event, (error: unknown) => exitNow(report(error)));

async function main(): Promise<number> {
	try {
		return await answer(await commandLine());
	} catch (error) {
		return report(error);
	}
}

exitNow(await main());
