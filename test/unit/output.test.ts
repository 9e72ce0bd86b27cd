/** What is printed arrives whole, or is an error. */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { AT_FDCWD, O_NONBLOCK, O_RDWR, O_WRONLY, S_IFIFO } from "../../ffi/constants.ts";
import { close, open } from "../../ffi/file.ts";
import { BrokenPipe, isTerminal, writeOut } from "../../ffi/output.ts";
import { call } from "../../ffi/system.ts";

const directory = mkdtempSync(`${tmpdir()}/bunker-output-`);
afterAll(() => rmSync(directory, { recursive: true }));

function pipe(): [number, number] {
	const pair = new Int32Array(2);
	call("make a pipe", "pipe2", new Uint8Array(pair.buffer), 0);
	return [pair[0] as number, pair[1] as number];
}

describe("writeOut", () => {
	test("waits for a slow reader where the descriptor is non-blocking", async () => {
		const path = `${directory}/fifo`;
		call("make a fifo", "mknodat", AT_FDCWD, path, S_IFIFO | 0o600, 0);
		const fd = open(path, O_RDWR | O_NONBLOCK);
		const reader = Bun.spawn(["sh", "-c", `exec < ${path}; echo ready; sleep 0.3; head -c 1000000 | wc -c`]);
		const output = reader.stdout.getReader();
		await output.read();
		writeOut(fd, new Uint8Array(1_000_000));
		const { value } = await output.read();
		close(fd);
		expect(new TextDecoder().decode(value).trim()).toBe("1000000");
	});

	test("says that nobody reads any more", () => {
		const [reading, writing] = pipe();
		close(reading);
		expect(() => writeOut(writing, "x")).toThrow(BrokenPipe);
		close(writing);
	});

	test("a full disk is an error", () => {
		const fd = open("/dev/full", O_WRONLY);
		expect(() => writeOut(fd, "x")).toThrow(`write to descriptor ${fd}: ENOSPC (no space left on device)`);
		close(fd);
	});

	test("nothing is written for nothing", () => {
		const [reading, writing] = pipe();
		close(reading);
		writeOut(writing, "");
		close(writing);
	});
});

test("a pipe is no terminal", () => {
	const [reading, writing] = pipe();
	expect(isTerminal(reading)).toBe(false);
	close(reading);
	close(writing);
});
