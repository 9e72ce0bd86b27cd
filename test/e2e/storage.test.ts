/**
 * `--storage-opt size=` (docs: docker run, "Set storage driver options per
 * container"). What is limited is tested where the kernel has project quotas: in
 * the guest of test/vm.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { busyboxTar, IMAGE, ours, ready, TARGET, useEngine } from "./harness.ts";
import { limitsOn, mountQuotaDisk, unmountQuotaDisk } from "./quota-disk.ts";

const hasQuotas = ready && TARGET === "bunker" && requires("projectQuotas");

describe.skipIf(!ready)("--storage-opt", () => {
	const engine = useEngine("storage");

	ours("on a file system without project quotas is refused, with its name and what is missing", async () => {
		for (const [verb, code] of [
			["run", 125],
			["create", 1],
		] as const) {
			const outcome = await engine.run(verb, "--name", "limited", "--storage-opt", "size=10G", IMAGE, "true");
			expect(outcome.code).toBe(code);
			expect(outcome.stderr).toMatch(
				/^bunker: --storage-opt size=10G: the file system of \S+ \(\w+, mounted on \/\S*\) has no project quotas\n.+\n$/,
			);
		}
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
	});

	ours("so is a volume of a size, and there is none then", async () => {
		const outcome = await engine.run("volume", "create", "-o", "size=1g", "data");
		expect(outcome).toMatchObject({ code: 1, stdout: "" });
		expect(outcome.stderr).toMatch(
			/^bunker: volume data: size=1g: quota size requested but no quota support: the file system of \S+ \(\w+, mounted on \/\S*\) has no project quotas\n.+\n$/,
		);
		const mounted = await engine.run("run", "--rm", "--mount", "type=volume,dst=/v,volume-opt=size=1g", IMAGE, "true");
		expect(mounted.code).toBe(125);
		expect(mounted.stderr).toContain("no quota support");
		expect(await engine.ok("volume", "ls", "-q")).toBe("");
		expect(await engine.ok("ps", "-a", "-q")).toBe("");
		await engine.ok("volume", "create", "-o", "size=0", "free");
		await engine.ok("volume", "rm", "free");
	});

	ours.each([
		["dm.basesize=10G", "--storage-opt dm.basesize=10G: Unknown option dm.basesize"],
		["10G", "--storage-opt 10G: invalid storage option: size=SIZE is expected"],
		["size=", "--storage-opt size=: invalid size: '': a size as 512m or 10G is expected"],
		["size=10X", "--storage-opt size=10X: invalid size: '10X': a size as 512m or 10G is expected"],
		["size=-1", "--storage-opt size=-1: invalid size: '-1': a size as 512m or 10G is expected"],
	])("%s is an error", async (typed, message) => {
		const outcome = await engine.run("create", "--storage-opt", typed, IMAGE);
		expect(outcome).toMatchObject({ code: 125, stdout: "", stderr: `bunker: ${message}\n` });
	});

	ours("limits no directory of the user's", async () => {
		const outcome = await engine.run("run", "--rootfs", "/", "--storage-opt", "size=10G", "true");
		expect(outcome.code).toBe(125);
		expect(outcome.stderr).toStartWith("bunker: --storage-opt limits what is written on top of an image: ");
	});
});

describe.skipIf(!hasQuotas)("--storage-opt on a file system with project quotas", () => {
	// Before the engine's own, which looks at what is left.
	afterAll(async () => {
		const ids = (await ok("ps", "-a", "-q")).split("\n").filter(Boolean);
		if (ids.length > 0) await ok("rm", "-f", ...ids);
		unmountQuotaDisk(place);
	});
	const engine = useEngine("quota");
	let place = "";
	let env: Record<string, string> = {};
	const run = (...words: string[]) => engine.run(...words, { env, timeout: 60_000 });
	const ok = (...words: string[]) => engine.ok(...words, { env, timeout: 60_000 });
	/** Writes megabytes into a file of the container's root. @returns how many it has then */
	const fill = async (name: string, megabytes: number) => {
		const script = `dd if=/dev/zero of=/file bs=1M count=${megabytes} 2>&1; stat -c %s /file`;
		const lines = (await run("exec", name, "sh", "-c", script)).stdout.trim().split("\n");
		return { megabytes: Number(lines.pop()) / 1024 / 1024, said: lines.join("\n") };
	};

	beforeAll(async () => {
		place = mountQuotaDisk(engine.scratch());
		env = { BUNKER_ROOT: `${place}/root` };
		await ok("import", await busyboxTar(), IMAGE);
	});

	test("what is more than the size cannot be written, and others are not concerned", async () => {
		await ok("run", "-d", "--name", "small", "--storage-opt", "size=4M", IMAGE, "sleep", "1000");
		await ok("run", "-d", "--name", "other", "--storage-opt", "size=8M", IMAGE, "sleep", "1000");
		await ok("run", "-d", "--name", "free", IMAGE, "sleep", "1000");
		const small = await fill("small", 6);
		expect(small.said).toMatch(/No space left on device|Disk quota exceeded/i);
		expect(small.megabytes).toBeGreaterThan(3);
		expect(small.megabytes).toBeLessThan(4);
		expect((await fill("other", 6)).megabytes).toBe(6);
		expect((await fill("free", 12)).megabytes).toBe(12);
		expect(await ok("exec", "free", "stat", "-c", "%s", "/file")).toBe(String(12 * 1024 * 1024));
	});

	test("all capabilities change nothing", async () => {
		await ok("run", "-d", "--privileged", "--name", "strong", "--storage-opt", "size=2M", IMAGE, "sleep", "1000");
		expect((await fill("strong", 4)).megabytes).toBeLessThan(2);
	});

	test("df in the container shows the size, and what is left", async () => {
		const script = "df -k / | tail -n 1 | awk '{ print $2, $3 + $4 }'";
		expect(await ok("run", "--rm", "--storage-opt", "size=6M", IMAGE, "sh", "-c", script)).toBe("6144 6144");
	});

	test("the image's files count once they are changed", async () => {
		const change = "cp /bin/busybox /tmp/a 2>/dev/null; chmod 700 /bin/busybox";
		const outcome = await run("run", "--rm", "--storage-opt", "size=1M", IMAGE, "sh", "-c", change);
		expect(outcome.stderr).toMatch(/No space left on device|Disk quota exceeded/i);
	});

	test("it holds after a stop and a start, and for what cp brings", async () => {
		await ok("create", "--name", "again", "--storage-opt", "size=3M", IMAGE, "sleep", "1000");
		expect(await ok("inspect", "-f", "{{.HostConfig.StorageOpt}}", "again")).toBe("map[size:3M]");
		const directory = engine.scratch();
		for (const megabytes of [2, 4]) writeFileSync(`${directory}/${megabytes}`, new Uint8Array(megabytes << 20));
		await ok("cp", `${directory}/2`, "again:/brought");
		const outcome = await run("cp", `${directory}/4`, "again:/more");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toMatch(/EDQUOT|ENOSPC/);
		await ok("start", "again");
		expect((await fill("again", 2)).megabytes).toBeLessThan(1);
	});

	test("the limit goes with the container", async () => {
		await ok("rm", "-f", "small", "other", "free", "strong", "again");
		expect(limitsOn(place)).toEqual([]);
		await ok("run", "--rm", "--storage-opt", "size=3M", IMAGE, "true");
		expect(limitsOn(place)).toEqual([]);
		await ok("create", "--name", "one", "--storage-opt", "size=3M", IMAGE, "true");
		await ok("create", "--name", "two", "--storage-opt", "size=5M", IMAGE, "true");
		expect(limitsOn(place)).toEqual([3072, 5120]);
		await ok("rm", "one", "two");
		expect(limitsOn(place)).toEqual([]);
	});

	test("many at once get limits of their own", async () => {
		const megabytes = [1, 2, 3, 4, 5, 6];
		const names = megabytes.map((size) => `many${size}`);
		const make = (size: number) =>
			ok("create", "--name", `many${size}`, "--storage-opt", `size=${size}M`, IMAGE, "true");
		await Promise.all(megabytes.map(make));
		expect(limitsOn(place)).toEqual(megabytes.map((size) => size * 1024));
		await ok("rm", ...names);
		expect(limitsOn(place)).toEqual([]);
	});

	test("what a killed rm has put out of the way loses its limit with the next command that clears up", async () => {
		await ok("create", "--name", "half", "--storage-opt", "size=3M", IMAGE, "true");
		const id = (await ok("inspect", "-f", "{{.Id}}", "half")).trim();
		mkdirSync(`${env.BUNKER_ROOT}/tmp`, { recursive: true });
		renameSync(`${env.BUNKER_ROOT}/containers/${id}`, `${env.BUNKER_ROOT}/tmp/removed-${id}`);
		expect(limitsOn(place)).toEqual([3072]);
		await ok("rm", "half");
		expect(limitsOn(place)).toEqual([]);
	});

	test("a file system that counts and does not limit is told apart", async () => {
		const counting = mountQuotaDisk(engine.scratch(), "noquota");
		try {
			const elsewhere = { env: { BUNKER_ROOT: `${counting}/root` } };
			await engine.ok("import", await busyboxTar(), IMAGE, elsewhere);
			const outcome = await engine.run("create", "--storage-opt", "size=1G", IMAGE, "true", elsewhere);
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain(`(ext4, mounted on ${counting}) `);
			expect(outcome.stderr).toContain("mount it with prjquota");
		} finally {
			unmountQuotaDisk(counting);
		}
	});

	describe("volume create -o size=", () => {
		/** Writes megabytes into the volume `data`. @returns what dd said, and how many there are then */
		const write = async (megabytes: number) => {
			const script = `dd if=/dev/zero of=/v/file bs=1M count=${megabytes} 2>&1; stat -c %s /v/file`;
			const { stdout } = await run("run", "--rm", "-v", "data:/v", IMAGE, "sh", "-c", script);
			const lines = stdout.trim().split("\n");
			return { megabytes: Number(lines.pop()) / 1024 / 1024, said: lines.join("\n") };
		};

		test("what is more than the size cannot be written, whoever mounts it", async () => {
			await ok("volume", "create", "-o", "size=4M", "data");
			expect(await ok("volume", "inspect", "-f", "{{json .Options}}", "data")).toBe('{"size":"4M"}');
			for (const _ of ["one container", "another"]) {
				const { megabytes, said } = await write(6);
				expect(said).toMatch(/No space left on device|Disk quota exceeded/i);
				expect(megabytes).toBeGreaterThan(3);
				expect(megabytes).toBeLessThanOrEqual(4);
			}
			expect(limitsOn(place)).toEqual([4096]);
		});

		test("a directory that somebody has removed is limited again when it is mounted", async () => {
			rmSync(`${env.BUNKER_ROOT}/volumes/data`, { recursive: true });
			expect((await write(6)).megabytes).toBeLessThanOrEqual(4);
		});

		test("it is kept when the volume is asked for again, and goes with it", async () => {
			await ok("volume", "create", "-o", "size=4M", "data");
			await ok("volume", "create", "data");
			expect((await write(6)).megabytes).toBeLessThanOrEqual(4);
			await ok("volume", "rm", "data");
			// The one whose directory was removed behind our back is nobody's to forget.
			expect(limitsOn(place).length).toBeLessThanOrEqual(1);
		});

		test("a directory that holds something already is refused", async () => {
			mkdirSync(`${env.BUNKER_ROOT}/volumes/found/_data`, { recursive: true });
			writeFileSync(`${env.BUNKER_ROOT}/volumes/found/_data/file`, "x");
			const outcome = await run("volume", "create", "-o", "size=4M", "found");
			expect(outcome).toMatchObject({ code: 1, stdout: "" });
			expect(outcome.stderr).toMatch(
				/^bunker: volume found: size=4M: what is in \S+ already would not be counted\n.+\n$/,
			);
			expect(await ok("volume", "ls", "-q")).not.toContain("found");
			rmSync(`${env.BUNKER_ROOT}/volumes/found`, { recursive: true });
		});

		test("volume-opt=size= of --mount, and a size of 0", async () => {
			const before = limitsOn(place).length;
			const mount = "type=volume,dst=/v,volume-opt=size=2M";
			const script = "dd if=/dev/zero of=/v/file bs=1M count=4 2>/dev/null; stat -c %s /v/file";
			expect(Number(await ok("run", "--rm", "--mount", mount, IMAGE, "sh", "-c", script))).toBeLessThan(2 << 20);
			await ok("volume", "create", "-o", "size=0", "free");
			await ok("volume", "rm", "free");
			expect(limitsOn(place).length).toBe(before);
		});
	});
});
