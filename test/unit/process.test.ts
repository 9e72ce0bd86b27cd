/** What is asked of many processes and files at once: by few calls, and still right. */

import { afterAll, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { readSmallIfThere } from "../../ffi/file.ts";
import { isAlive, startTime } from "../../ffi/process.ts";

const directory = mkdtempSync(`${tmpdir()}/bunker-process-`);
afterAll(() => rmSync(directory, { recursive: true }));

/** Field 22, counted as proc_pid_stat(5) says. */
function startOf(pid: number): bigint {
	const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
	return BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[22 - 3] as string);
}

test("a process is known by its start time, whatever its name", async () => {
	const program = `${directory}/a) R 1 (b`;
	copyFileSync("/bin/sleep", program);
	const child = Bun.spawn([program, "60"]);
	const start = startOf(child.pid);
	expect(startTime(child.pid)).toBe(start);
	expect(isAlive(child.pid, start)).toBe(true);
	expect(isAlive(child.pid, start + 1n)).toBe(false);
	child.kill("SIGKILL");
	await child.exited;
	expect(isAlive(child.pid, start)).toBe(false);
});

test("a small file is read at once, at most 4096 bytes of it", () => {
	writeFileSync(`${directory}/empty`, "");
	writeFileSync(`${directory}/ä`, "small");
	writeFileSync(`${directory}/large`, "x".repeat(5000));
	expect(readSmallIfThere(`${directory}/missing`)).toBeUndefined();
	expect(readSmallIfThere(`${directory}/empty`)).toEqual(new Uint8Array());
	expect(readSmallIfThere(new TextEncoder().encode(`${directory}/ä`))).toEqual(new TextEncoder().encode("small"));
	expect(readSmallIfThere(`${directory}/large`)?.length).toBe(4096);
	expect(() => readSmallIfThere(directory)).toThrow(`read ${directory}: EISDIR`);
});

test("what was read before stays as it was", () => {
	const first = readSmallIfThere(`${directory}/ä`);
	readSmallIfThere(`${directory}/large`);
	expect(first).toEqual(new TextEncoder().encode("small"));
});
