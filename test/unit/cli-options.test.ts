/** Flags → RunOptions. */

import { describe, expect, test } from "bun:test";
import { parse } from "../../src/flags/grammar.ts";
import { parseLog } from "../../src/flags/logging.ts";
import { runFlags, runOptions } from "../../src/flags/options.ts";
import { absolute } from "../../src/text/path.ts";

async function options(...args: string[]) {
	const { values, operands } = parse("run", { flags: runFlags, stopAtFirst: true }, args);
	return runOptions("run", values, operands, {});
}

describe("run", () => {
	test("without any flag", async () => {
		expect(await options("busybox", "echo", "a b", "--rm")).toEqual({
			image: "busybox",
			command: ["echo", "a b", "--rm"],
			env: [],
			interactive: false,
			tty: false,
			detach: false,
			remove: false,
			init: false,
			readOnly: false,
			network: "bridge",
			volumes: [],
			log: { driver: "local", maxSize: 100_000_000, maxFiles: 5 },
		});
	});

	test("--rootfs takes the place of the image", async () => {
		expect(await options("--rootfs", "/srv/root", "echo", "a")).toMatchObject({
			rootfs: "/srv/root",
			command: ["echo", "a"],
		});
		expect((await options("--rootfs", "./root", "true")).rootfs).toBe(`${process.cwd()}/root`);
	});

	test("-a, once or more, in any case", async () => {
		expect((await options("busybox")).attach).toBeUndefined();
		expect((await options("-a", "STDIN", "--attach=stdout", "-astdin", "busybox")).attach).toEqual(["stdin", "stdout"]);
		expect(options("-a", "all", "busybox")).rejects.toMatchObject({ exitCode: 125 });
		expect(options("-d", "-a", "stdout", "busybox")).rejects.toMatchObject({ exitCode: 1 });
	});

	test("--detach-keys as typed, --sig-proxy unless it is switched off", async () => {
		expect(await options("--detach-keys", "a,b", "--sig-proxy=false", "busybox")).toMatchObject({
			detachKeys: "a,b",
			noSignalProxy: true,
		});
		expect((await options("--sig-proxy", "--detach-keys=", "busybox")).noSignalProxy).toBeUndefined();
		expect(options("--detach-keys", "wrong", "busybox")).rejects.toMatchObject({ exitCode: 125 });
	});

	test("--entrypoint, and an empty one that takes the image's away", async () => {
		expect((await options("--entrypoint", "sh -c", "busybox")).entrypoint).toEqual(["sh -c"]);
		expect((await options("--entrypoint", "", "busybox")).entrypoint).toEqual([]);
		expect((await options("busybox")).entrypoint).toBeUndefined();
	});

	test("-e NAME takes the caller's value, and nothing where there is none", async () => {
		process.env.BUNKER_TEST_VALUE = "a=b c";
		const { env } = await options("-e", "BUNKER_TEST_VALUE", "-e", "BUNKER_TEST_NONE", "-e", "A=", "busybox");
		delete process.env.BUNKER_TEST_VALUE;
		expect(env).toEqual(["BUNKER_TEST_VALUE=a=b c", "A="]);
	});

	test("an empty value of a name, a user, a directory or a host name is none", async () => {
		const made = await options("--name", "", "-u", "", "-w", "", "-h", "", "busybox");
		expect([made.name, made.user, made.workingDirectory, made.hostname]).toEqual([
			undefined,
			undefined,
			undefined,
			undefined,
		]);
	});

	test.each<[string[], string]>([
		[["-w", "srv"], 'the working directory "srv" is invalid: it needs to be an absolute path'],
		[["-e", "=x"], 'invalid environment variable: "=x"'],
		[["-e", ""], 'invalid environment variable: ""'],
		[["--pull", "always"], "--pull=always is not supported yet (registries: pull, push)"],
		[["-h", "x".repeat(65)], `invalid hostname "${"x".repeat(65)}": more than 64 bytes`],
	])("%j is refused with 125", async (args, message) => {
		expect(options(...args, "busybox")).rejects.toMatchObject({ message, exitCode: 125 });
	});

	test("without an image: 1", async () => {
		expect(options("--rm")).rejects.toMatchObject({
			message: "'bunker run' requires at least 1 argument",
			exitCode: 1,
		});
	});
});

describe("the log", () => {
	test("sizes and counts", () => {
		expect(parseLog("json-file", ["max-size=10m", "max-file=3"])).toEqual({
			driver: "json-file",
			maxSize: 10_000_000,
			maxFiles: 3,
		});
		expect(parseLog(undefined, ["max-size=1.5k"]).maxSize).toBe(1500);
		expect(parseLog("local", ["max-size=-1"]).maxSize).toBe(0);
		expect(parseLog("none", []).driver).toBe("none");
	});

	test.each<[string | undefined, string[], string]>([
		["syslog", [], 'the log driver "syslog" is not supported: local, json-file and none are'],
		["none", ["max-size=1m"], "--log-opt max-size=1m: the log driver none has no options"],
		["local", ["max-size=big"], "--log-opt max-size=big: a size as 500k, 10m or 1g is expected"],
		["local", ["max-size=0"], "--log-opt max-size=0: a size as 500k, 10m or 1g is expected"],
		["local", ["max-file=0"], "--log-opt max-file=0: a number of files, 1 to 9999, is expected"],
		["local", ["max-file"], "--log-opt max-file: a number of files, 1 to 9999, is expected"],
		["local", ["compress=true"], 'unknown log option "compress": max-size, max-file, labels and tag are known'],
	])("%p %p is refused", (driver, given, message) => {
		expect(() => parseLog(driver, given)).toThrow(message);
	});
});

test("paths are made clean by their text", () => {
	expect(absolute("/a//b/./c/../d/")).toBe("/a/b/d");
	expect(absolute("/../..")).toBe("/");
});
