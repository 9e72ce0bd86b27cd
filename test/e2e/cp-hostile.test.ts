/**
 * `cp` of a container that swaps directories and files with links to the host's
 * paths while it is copied. Where the links lead there is something of the
 * container's in its root, and something else on the host, which nobody may
 * touch or read.
 */

import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tar } from "./archive.ts";
import { IMAGE, type Outcome, ours, ready, TARGET, until, useEngine } from "./harness.ts";

const ROUNDS = 500;
const CANARY = "canary of the host";

describe.skipIf(!ready)("cp of a container that swaps what is copied", () => {
	const engine = useEngine("cp-hostile");
	let outside = "";
	let work = "";

	test("(it swaps)", async () => {
		outside = engine.scratch();
		work = engine.scratch();
		for (const name of ["secret", "d"]) writeFileSync(`${outside}/${name}`, CANARY);
		const build = Bun.spawnSync(["cc", "-static", "-O2", "-o", `${work}/swap`, "test/e2e/swap.c"]);
		if (!build.success) throw new Error(build.stderr.toString());
		const made = [
			// To the host's root, as far as the text goes.
			`mkdir -p /dir ${outside}; echo inside > ${outside}/secret; ln -s / /up`,
			// In what is read, and in what is written to.
			`mkdir -p /tree/d; for n in $(seq 20); do echo inside > /tree/d/$n; done`,
			`echo inside > /tree/f; ln -s ${outside} /tree/l; ln -s ${outside}/secret /tree/s`,
			targets(),
		];
		const pairs = "/dir /up /tree/d /tree/l /tree/f /tree/s /target/d /target/l /target/f /target/s";
		const script = `${made.join("; ")}; exec /swap ${pairs}`;
		await engine.ok("run", "-d", "--name", "box", "-v", `${work}/swap:/swap:ro`, IMAGE, "sh", "-c", script);
		await until("it swaps", async () => (await engine.ok("logs", "box")).includes("swapping"));
	});

	/** What is written to: a copy may replace the links by what was copied. */
	const targets = () =>
		`rm -rf /target; mkdir -p /target/d; ln -s ${outside} /target/l; echo inside > /target/f; ln -s ${outside}/d /target/s`;

	/** What cannot be, because of a swap, is an error like any other. */
	function expectSane({ code, stderr }: Outcome): void {
		if (code === 0 || TARGET === "podman") return;
		expect([code, stderr]).toEqual([1, expect.stringMatching(/^bunker: (?!internal)[^\n]*\n/)]);
	}

	function expectUntouched(): void {
		expect(readdirSync(outside).toSorted()).toEqual(["d", "secret"]);
		for (const name of ["secret", "d"]) expect(readFileSync(`${outside}/${name}`, "utf8")).toBe(CANARY);
	}

	ours(
		"reads nothing outside",
		async () => {
			const out = `${work}/out`;
			const sources = [
				["/tree"],
				["/tree/."],
				["/tree/d"],
				["-L", "/tree/d"],
				["-L", "/tree/f"],
				[`/dir${outside}/secret`],
			];
			let copied = 0;
			for (let round = 0; round < ROUNDS; round++) {
				const words = sources[round % sources.length] as string[];
				const path = `box:${words.at(-1)}`;
				mkdirSync(out);
				const toStdout = round % 5 === 0;
				const outcome = await engine.run("cp", ...words.slice(0, -1), path, toStdout ? "-" : out);
				expectSane(outcome);
				if (outcome.code === 0) copied++;
				expect(outcome.stdout.includes(CANARY)).toBe(false);
				expect(Bun.spawnSync(["grep", "-rq", CANARY, out]).exitCode).toBe(1);
				rmSync(out, { recursive: true });
			}
			// Some fail, or nothing was swapped.
			expect(copied).toBeGreaterThan(ROUNDS / 10);
			expect(copied).toBeLessThan(ROUNDS - 10);
			expectUntouched();
		},
		300_000,
	);

	ours(
		"writes nothing outside",
		async () => {
			const from = `${work}/from`;
			mkdirSync(`${from}/d`, { recursive: true });
			for (const name of ["f", "secret", "d/new", "d/secret", "d/d"]) writeFileSync(`${from}/${name}`, "from the host");
			const archive = await tar(
				["f", "d/new", "d/secret", "d/d", "l/new", "s"].map((name) => ({ name, content: "from the archive" })),
			);
			const copies = [
				[`${from}/.`, "/target"],
				[`${from}/secret`, "/target/d"],
				[`${from}/secret`, "/target/f"],
				[`${from}/d/.`, "/target/l/"],
				[`${from}/secret`, `/dir${outside}/new`],
				["-", "/target"],
				["-", "/target/d"],
				["-", `/dir${outside}`],
			];
			let copied = 0;
			for (let round = 0; round < ROUNDS; round++) {
				if (round % 20 === 0) await engine.ok("exec", "box", "sh", "-c", targets());
				const [source = "", target] = copies[round % copies.length] as string[];
				const outcome = await engine.run("cp", source, `box:${target}`, { stdin: source === "-" ? archive : "" });
				expectSane(outcome);
				if (outcome.code === 0) copied++;
				expectUntouched();
			}
			// Some fail, or nothing was swapped.
			expect(copied).toBeGreaterThan(ROUNDS / 10);
			expect(copied).toBeLessThan(ROUNDS - 10);
		},
		300_000,
	);

	test("(it is removed)", async () => {
		await engine.ok("rm", "-f", "box");
		expectUntouched();
	});
});
