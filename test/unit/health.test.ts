/** Health checks: the flags, what they and the image say together, and what a monitor has written. */

import { describe, expect, test } from "bun:test";
import { decodeHealth, decodeProbes, HEALTH } from "../../ffi/tape.ts";
import { checkOf, healthConfig, healthFrom, mergeHealth } from "../../src/container/health.ts";
import { parse } from "../../src/flags/grammar.ts";
import { parseHealth } from "../../src/flags/health.ts";
import { createFlags } from "../../src/flags/options.ts";

const SECOND = 1_000_000_000;
const parsed = (...words: string[]) => parseHealth(parse("run", { flags: createFlags }, words).values);

describe("--health-*", () => {
	test("none of them is no check of the user's", () => {
		expect(parsed()).toBeUndefined();
		expect(parsed("--health-cmd", "", "--health-interval", "0s")).toBeUndefined();
	});

	test("are a shell command and numbers in nanoseconds", () => {
		const words = "--health-interval 1m30s --health-timeout 500ms --health-retries 5 --health-start-period 2s";
		expect(parsed("--health-cmd", "test -e /ok", ...words.split(" "), "--health-start-interval", "1s")).toEqual({
			test: ["CMD-SHELL", "test -e /ok"],
			interval: 90 * SECOND,
			timeout: SECOND / 2,
			retries: 5,
			startPeriod: 2 * SECOND,
			startInterval: SECOND,
		});
	});

	test("--no-healthcheck is a check of none", () => {
		expect(parsed("--no-healthcheck")).toEqual({ test: ["NONE"] });
	});

	// The sentences are docker's (client 28; the daemon's for what is too short: moby, daemon/container.go).
	test.each([
		["--no-healthcheck --health-cmd true", "--no-healthcheck conflicts with --health-* options"],
		["--health-interval -3s", "--health-interval cannot be negative"],
		["--health-timeout -3s", "--health-timeout cannot be negative"],
		["--health-start-period -3s", "--health-start-period cannot be negative"],
		["--health-start-interval -3s", "--health-start-interval cannot be negative"],
		["--health-retries -1", "--health-retries cannot be negative"],
		["--health-interval 10us", "Interval in Healthcheck cannot be less than 1ms"],
		["--health-interval 3", 'invalid value "3" for --health-interval'],
		["--health-retries many", 'invalid value "many" for --health-retries'],
	])("%s is refused: %s", (line, sentence) => {
		expect(() => parsed(...line.split(" "))).toThrow(
			expect.objectContaining({ exitCode: 125, message: expect.stringContaining(sentence) }),
		);
	});
});

describe("the check of a container", () => {
	const image = { Test: ["CMD", "curl", "localhost"], Interval: 5 * SECOND, Retries: 7 };

	test("is the image's where the flags say nothing", () => {
		expect(checkOf(mergeHealth(undefined, image))).toEqual({
			command: ["curl", "localhost"],
			interval: 5 * SECOND,
			timeout: 30 * SECOND,
			startPeriod: 0,
			startInterval: 5 * SECOND,
			retries: 7,
		});
	});

	test("is the flags' setting by setting", () => {
		const merged = mergeHealth({ retries: 2 }, image);
		expect(checkOf(merged)).toMatchObject({ command: ["curl", "localhost"], interval: 5 * SECOND, retries: 2 });
		expect(healthConfig(merged)).toEqual({ Test: image.Test, Interval: 5 * SECOND, Retries: 2 });
	});

	test("is none with NONE, without a command, and of a kind that docker does not know", () => {
		expect(checkOf(mergeHealth({ test: ["NONE"] }, image))).toBeUndefined();
		expect(checkOf(mergeHealth({ interval: SECOND }, undefined))).toBeUndefined();
		expect(checkOf(mergeHealth(undefined, { Test: ["HTTP", "localhost"] }))).toBeUndefined();
		expect(checkOf(undefined)).toBeUndefined();
	});

	test("CMD-SHELL goes through the image's shell, or /bin/sh", () => {
		const health = { test: ["CMD-SHELL", "true"] };
		expect(checkOf(health)?.command).toEqual(["/bin/sh", "-c", "true"]);
		expect(checkOf(health, ["/bin/bash", "-ec"])?.command).toEqual(["/bin/bash", "-ec", "true"]);
	});

	test("of an image that says nonsense takes nothing of it", () => {
		const hostile = { Test: ["CMD", 7], Interval: -1, Timeout: "1", Retries: 1.5, StartPeriod: null };
		expect(checkOf(mergeHealth({ test: ["CMD", "true"] }, hostile))).toEqual({
			command: ["true"],
			interval: 30 * SECOND,
			timeout: 30 * SECOND,
			startPeriod: 0,
			startInterval: 5 * SECOND,
			retries: 3,
		});
		expect(checkOf(mergeHealth(undefined, hostile))).toBeUndefined();
	});
});

/** The file of a monitor after so many probes, of which the n-th says n. */
function file(results: number, changes: number): Uint8Array {
	const bytes = new Uint8Array(HEALTH.size + HEALTH.slots * HEALTH.resultSize);
	const view = new DataView(bytes.buffer);
	view.setUint32(HEALTH.offset.version, HEALTH.version, true);
	view.setUint32(HEALTH.offset.status, 2, true);
	view.setUint32(HEALTH.offset.streak, 4, true);
	view.setBigUint64(HEALTH.offset.results, BigInt(results), true);
	view.setBigUint64(HEALTH.offset.changes, BigInt(changes), true);
	for (let change = 0; change < changes; change++) {
		const at = HEALTH.offset.change + (change % HEALTH.changes) * HEALTH.changeSize;
		view.setBigUint64(at, BigInt(change), true);
		view.setUint32(at + 8, 1 + (change % 2), true);
	}
	for (let result = 0; result < results; result++) {
		const at = HEALTH.size + (result % HEALTH.slots) * HEALTH.resultSize;
		const text = new TextEncoder().encode(String(result));
		view.setInt32(at + HEALTH.result.status, result % 3, true);
		view.setUint32(at + HEALTH.result.size, text.length, true);
		bytes.set(text, at + HEALTH.result.output);
	}
	return bytes;
}

describe("what the monitor has written", () => {
	const read = (bytes: Uint8Array, before: Parameters<typeof healthFrom>[2] = []) => {
		const head = decodeHealth(bytes);
		return head && healthFrom(head, decodeProbes(bytes, head), before, () => "why");
	};

	test("is the status, and the last five results, the oldest first", () => {
		expect(read(file(9, 1))).toMatchObject({ status: "unhealthy", streak: 4 });
		expect(read(file(9, 1))?.log.map(({ output }) => output)).toEqual(["4", "5", "6", "7", "8"]);
		expect(read(file(2, 1))?.log.map(({ exitCode }) => exitCode)).toEqual([0, 1]);
	});

	test("goes on from the log of earlier runs", () => {
		const before = Array.from({ length: 5 }, (_, n) => ({ start: "", end: "", exitCode: 0, output: `old ${n}` }));
		expect(read(file(2, 1), before)?.log.map(({ output }) => output)).toEqual(["old 2", "old 3", "old 4", "0", "1"]);
	});

	test("has the last changes of the status, however many there were", () => {
		expect(decodeHealth(file(0, 3))?.recent.map(({ time }) => time)).toEqual([0n, 1n, 2n]);
		const many = decodeHealth(file(0, 100));
		expect(many?.changes).toBe(100);
		expect(many?.recent.map(({ time }) => time)).toEqual(Array.from({ length: 32 }, (_, n) => BigInt(68 + n)));
	});

	test("cut, or of another version, is nothing", () => {
		expect(read(file(2, 1).subarray(0, HEALTH.size - 1))).toBeUndefined();
		const other = file(2, 1);
		other[0] = 9;
		expect(read(other)).toBeUndefined();
	});

	test("a slot that is cut is passed over", () => {
		expect(read(file(2, 1).subarray(0, HEALTH.size + 10))?.log).toEqual([]);
	});

	test("says of a check that was killed, and of one that could not be run, -1 and why", () => {
		const bytes = file(2, 1);
		const view = new DataView(bytes.buffer);
		view.setInt32(HEALTH.size + HEALTH.result.status, -1, true);
		view.setBigUint64(HEALTH.size + HEALTH.result.end, 1_500_000_000n, true);
		view.setUint32(HEALTH.size + HEALTH.resultSize + HEALTH.result.step, 3, true);
		expect(read(bytes)?.log).toMatchObject([
			{ exitCode: -1, output: "Health check exceeded timeout (1.5s): 0" },
			{ exitCode: -1, output: "why" },
		]);
	});

	test("marks output of which there was more", () => {
		const bytes = file(1, 0);
		new DataView(bytes.buffer).setUint32(HEALTH.size + HEALTH.result.size, HEALTH.output + 1, true);
		expect(read(bytes)?.log[0]?.output).toEndWith("...");
	});
});
