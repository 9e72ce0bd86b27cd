/** Volumes that several make, use and remove at once, and whose makers and removers are killed. */

import { describe, expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { volumesLeft } from "./leftovers.ts";
import { Program } from "./program.ts";

describe.skipIf(!ready)("volumes at once", () => {
	const engine = useEngine("volumes-races");
	const content = (name: string) => `${engine.root}/volumes/${name}/_data`;
	const names = async () => (await engine.ok("volume", "ls", "-q")).split("\n").filter(Boolean);
	const times = <T>(count: number, work: (index: number) => Promise<T>) =>
		Promise.all([...Array(count).keys()].map(work));

	ours(
		"eight make and remove one name again and again: a row has its directory, and nothing else is left",
		async () => {
			const outcomes = await times(8, async (index) => {
				const codes: number[] = [];
				for (let round = 0; round < 12; round++) {
					const words = (index + round) % 2 === 0 ? ["create", "same"] : ["rm", "-f", "same"];
					codes.push((await engine.run("volume", ...words)).code);
				}
				return codes;
			});
			expect(new Set(outcomes.flat())).toEqual(new Set([0]));
			const left = await names();
			expect(readdirSync(`${engine.root}/volumes`)).toEqual(left);
			for (const name of left) expect(existsSync(content(name))).toBe(true);
			await engine.ok("volume", "rm", "-f", "same");
			expect(volumesLeft(engine.root)).toEqual([]);
			await engine.assertClean();
		},
	);

	ours("eight containers write into a volume while others remove it: what a container has written stays", async () => {
		let over = false;
		const removers = times(3, async () => {
			while (!over) await engine.run("volume", "rm", "shared");
		});
		const written = await times(5, async (index) => {
			const codes: number[] = [];
			for (let round = 0; round < 5; round++) {
				const name = `w${index}-${round}`;
				const script = "echo mine > /in/$HOSTNAME; sleep 0.05; cat /in/$HOSTNAME";
				const words = ["--name", name, "--hostname", name, "--network", "none", "-v", "shared:/in", IMAGE];
				const outcome = await engine.run("run", ...words, "sh", "-c", script);
				codes.push(outcome.code);
				// The container has ended, and uses it still.
				expect([outcome.stdout, readFileSync(`${content("shared")}/${name}`, "utf8")]).toEqual(["mine\n", "mine\n"]);
				await engine.ok("rm", name);
			}
			return codes;
		});
		over = true;
		await removers;
		expect(new Set(written.flat())).toEqual(new Set([0]));
		await engine.run("volume", "rm", "-f", "shared");
		expect(volumesLeft(engine.root)).toEqual([]);
	});

	describe.skipIf(!requires("strace"))("slowed down and killed by strace", () => {
		/** A command in which strace does something at system calls: to those that name the path, if one is given. */
		const disturbed = (inject: string, path: string | undefined, ...words: string[]) => {
			const filter = path === undefined ? [] : ["-P", path];
			const strace = ["strace", "-f", "-qq", "-o", "/dev/null", ...filter, "-e", `inject=${inject}`];
			return new Program([...strace, ...engine.command, ...words], { env: engine.environment, stdin: "pipe" });
		};

		ours("who makes a volume while another of its name is removed gets an empty one, and keeps it", async () => {
			await engine.ok("volume", "create", "same");
			writeFileSync(`${content("same")}/old`, "");
			// inspect tells seconds: which of the two a volume is.
			const created = () => engine.ok("volume", "inspect", "-f", "{{.CreatedAt}}", "same");
			const old = await created();
			await Bun.sleep(1100);
			const remover = disturbed("renameat2:delay_enter=400000:delay_exit=400000", undefined, "volume", "rm", "same");
			const made = await times(6, async (index) => {
				await Bun.sleep(index * 120);
				await engine.ok("volume", "create", "same");
				const when = await created();
				writeFileSync(`${content("same")}/${index}`, "");
				return { index, when };
			});
			expect(await remover.ended()).toBe(0);
			expect(await created()).not.toBe(old);
			const mine = made.filter(({ when }) => when !== old).map(({ index }) => String(index));
			expect(mine).not.toEqual([]);
			expect(readdirSync(content("same")).sort()).toEqual(mine);
			await engine.ok("volume", "rm", "same");
			expect(volumesLeft(engine.root)).toEqual([]);
		});

		ours("who removes a volume that is just being made removes its directory, too", async () => {
			const directory = `${engine.root}/volumes/same`;
			const maker = disturbed("mkdirat:delay_enter=600000", directory, "volume", "create", "same");
			const remove = async () => (await engine.run("volume", "rm", "same")).code === 0;
			await until("it is removed", remove);
			expect(await maker.ended()).toBe(0);
			expect(volumesLeft(engine.root)).toEqual([]);
		});

		ours(
			"rm killed at any of its calls: the volume is whole, or empty, or gone, and nothing else is left",
			async () => {
				const seen = new Set<string>();
				const log = `${engine.root}/bunker.db-wal`;
				const calls = [["renameat2"], ["pwrite64", log], ["utimensat"], ["unlinkat"]] as const;
				for (const [call, path] of calls)
					for (let at = 1; at <= 4; at++) {
						await engine.ok("volume", "create", "victim");
						for (const file of ["a", "b", "c"]) writeFileSync(`${content("victim")}/${file}`, "old");
						const killed = disturbed(`${call}:signal=KILL:when=${at}`, path, "volume", "rm", "victim");
						await killed.ended();
						const isThere = (await names()).includes("victim");
						const files = existsSync(content("victim")) ? readdirSync(content("victim")).length : 0;
						seen.add(isThere ? `there with ${files}` : `gone with ${files}`);
						await engine.ok("run", "--rm", "--network", "none", "-v", "victim:/in", IMAGE, "touch", "/in/new");
						expect(readdirSync(content("victim"))).toHaveLength(files + 1);
						await engine.ok("volume", "rm", "victim");
						await engine.ok("ps", "-a");
						expect(volumesLeft(engine.root)).toEqual([]);
						await engine.assertClean();
					}
				expect([...seen].sort()).toEqual(["gone with 0", "there with 0", "there with 3"]);
			},
		);
	});

	ours("kill -9 of rm at any moment: the volume is there and can be used, or it is gone", async () => {
		for (let delay = 0; delay < 20; delay++) {
			await engine.ok("volume", "create", "victim");
			for (let file = 0; file < 50; file++) writeFileSync(`${content("victim")}/${file}`, "old");
			const program = engine.spawn("volume", "rm", "victim");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
			const isThere = (await names()).includes("victim");
			const files = existsSync(content("victim")) ? readdirSync(content("victim")).length : 0;
			// Put out of the way as a whole, never file by file.
			expect([isThere ? [0, 50] : [0], files]).toEqual([expect.arrayContaining([files]), files]);
			expect(await engine.ok("run", "--rm", "-v", "victim:/in", IMAGE, "sh", "-c", "ls /in | wc -l")).toBe(`${files}`);
			await engine.ok("volume", "rm", "victim");
		}
		await engine.ok("ps", "-a");
		expect(volumesLeft(engine.root)).toEqual([]);
		await engine.assertClean();
	});

	ours(
		"kill -9 of create, run -v and prune at any moment: prune -a leaves nothing, and no row lacks its use",
		async () => {
			for (let delay = 0; delay < 30; delay++) {
				const programs = [
					engine.spawn("volume", "create", "made"),
					engine.spawn("run", "--rm", "--network", "none", "-v", "made:/in", "-v", "/own", IMAGE, "true"),
					engine.spawn("volume", "prune", "-a", "-f"),
				];
				await Bun.sleep(delay * 2);
				for (const program of programs) program.kill("SIGKILL");
				await Promise.all(programs.map((program) => program.ended()));
			}
			await engine.removeAll();
			await engine.ok("volume", "prune", "-a", "-f");
			expect(volumesLeft(engine.root)).toEqual([]);
			await engine.becomesClean();
		},
	);
});
