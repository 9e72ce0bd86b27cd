/** Somebody hostile beside a test. */

import { expect } from "bun:test";

/** Does something while another process exchanges pairs of names (swapper.ts). */
export async function whileSwapped<T>(names: string[], work: () => T | Promise<T>): Promise<T> {
	const swapper = Bun.spawn([process.execPath, "test/kernel/swapper.ts", ...names], {
		stdout: "pipe",
		stderr: "inherit",
	});
	const { value } = await swapper.stdout.getReader().read();
	expect(Buffer.from(value ?? []).toString()).toBe("ready\n");
	try {
		return await work();
	} finally {
		expect(swapper.exitCode).toBeNull();
		swapper.kill("SIGKILL");
		await swapper.exited;
	}
}
