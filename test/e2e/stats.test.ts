/** `stats`: what is shown is what the kernel counts, as docker shows it. The same on cgroup v1, v2 and both. */

import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { blockDevice, contentOf, hierarchies, OWN_PARENT, removeParents } from "./cgroup-files.ts";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";
import { Podman } from "./podman.ts";

const TITLES = ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS"];
/** The kernel itself sends and gets some, as IPv6's router solicitations. */
const TRAFFIC = /^[\d.]+k?B \/ [\d.]+k?B$/;
const ZEROS = ["0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0"];
describe.skipIf(!ready)("stats", () => {
	const engine = useEngine("stats");
	const once = (...words: string[]) => engine.ok("stats", "--no-stream", ...words);
	/** Cells of the rows below the titles. */
	const cells = (table: string) =>
		table
			.split("\n")
			.slice(1)
			.map((line) => line.trim().split(/ {2,}/));
	const rows = async (...words: string[]) => cells(await once(...words));
	const fields = async (name: string): Promise<Record<string, string>> =>
		JSON.parse(await once("--format", "json", name));
	const programOf = async (name: string): Promise<number> => JSON.parse(await engine.ok("inspect", name))[0].State.Pid;

	async function start(name: string, script: string, ...flags: string[]): Promise<string> {
		return engine.ok("run", "-d", "--name", name, ...flags, IMAGE, "sh", "-c", `${script}; exec sleep 100000`);
	}

	/** Starts one, and waits until it says that it is ready. */
	async function prepare(name: string, script: string, ...flags: string[]): Promise<void> {
		await start(name, `${script}; echo ready`, ...flags);
		await until("it is ready", async () => /ready/.test(await engine.ok("logs", name)));
	}

	describe("without names", () => {
		ours("all that run, the newest first, below docker's titles", async () => {
			const one = await start("one", "true");
			const two = await start("two", "true");
			await engine.ok("create", "--name", "made", IMAGE, "true");
			await engine.ok("run", "--name", "ended", IMAGE, "true");
			const table = await once();
			expect((table.split("\n")[0] as string).split(/ {2,}/)).toEqual(TITLES);
			expect(cells(table).map(([id, name]) => [id, name])).toEqual([
				[two.slice(0, 12), "two"],
				[one.slice(0, 12), "one"],
			]);
			for (const [, , cpu, memory, share, net, block, pids] of cells(table)) {
				expect(cpu).toMatch(/^\d+\.\d\d%$/);
				expect(memory).toMatch(/^[\d.]+[KM]iB \/ [\d.]+[MGT]iB$/);
				expect(share).toMatch(/^\d+\.\d\d%$/);
				expect(net).toMatch(TRAFFIC);
				expect(pids).toBe("1");
				expect(block).toMatch(/^[\d.]+k?M?B \/ [\d.]+k?M?B$/);
			}
			await engine.removeAll();
		});

		ours("-a: also those that do not run, all zero", async () => {
			await start("one", "true");
			await engine.ok("create", "--name", "made", IMAGE, "true");
			await engine.ok("run", "--name", "ended", IMAGE, "true");
			const all = await rows("-a");
			expect(all.map(([, name]) => name)).toEqual(["ended", "made", "one"]);
			expect(all[0]?.slice(2)).toEqual(ZEROS);
			expect(all[1]?.slice(2)).toEqual(ZEROS);
			expect(all[2]?.[7]).toBe("1");
			expect((await rows("--all")).map(([, name]) => name)).toEqual(["ended", "made", "one"]);
			await engine.removeAll();
		});

		ours("where none runs the titles stand alone, a template prints nothing", async () => {
			expect((await once()).split(/ {2,}|\n/)).toEqual(TITLES);
			expect(await once("--format", "{{.Name}}")).toBe("");
			expect(await once("--format", "json")).toBe("");
		});
	});

	describe("with names", () => {
		ours("these, in their order, each as often as it was named differently, running or not", async () => {
			const one = await start("one", "true");
			await start("two", "true");
			await engine.ok("create", "--name", "made", IMAGE, "true");
			const short = one.slice(0, 10);
			expect(await once("--format", "{{.Container}} {{.Name}} {{.PIDs}}", "two", "made", "one", "two", short)).toBe(
				`two two 1\nmade made 0\none one 1\n${short} one 1`,
			);
			await engine.removeAll();
		});

		ours("one that is not there is an error, each of them, and nothing else is printed: 1", async () => {
			await start("one", "true");
			const outcome = await engine.run("stats", "--no-stream", "nosuch", "one", "nor this");
			expect(outcome).toEqual({
				...outcome,
				code: 1,
				stdout: "",
				stderr: "bunker: No such container: nosuch\nbunker: No such container: nor this\n",
			});
			await engine.removeAll();
		});

		ours("container stats is the same", async () => {
			await start("one", "true");
			expect(await engine.ok("container", "stats", "--no-stream", "--format", "{{.Name}}", "one")).toBe("one");
			await engine.removeAll();
		});
	});

	describe("--format", () => {
		ours("json has docker's fields, and no others", async () => {
			const id = await start("one", "true");
			const shown = await fields("one");
			expect(Object.keys(shown)).toEqual([
				"BlockIO",
				"CPUPerc",
				"Container",
				"ID",
				"MemPerc",
				"MemUsage",
				"Name",
				"NetIO",
				"PIDs",
			]);
			expect(shown).toMatchObject({ Container: "one", ID: id.slice(0, 12), Name: "one", PIDs: "1" });
			expect(shown.NetIO).toMatch(TRAFFIC);
			expect(JSON.parse(await once("--format", "json")).Container).toBe(id.slice(0, 12));
			await engine.removeAll();
		});

		ours("table with a template has titles; table alone is what is printed without", async () => {
			await start("one", "true");
			expect(await once("--format", "table {{.Name}}\\t{{.PIDs}}\\t{{.Container}}", "one")).toBe(
				"NAME      PIDS      CONTAINER\none       1         one",
			);
			expect((await once("--format", "table")).split("\n")[0]?.split(/ {2,}/)).toEqual(TITLES);
			await engine.removeAll();
		});

		ours("--no-trunc shows ids in full, in a table and in a template", async () => {
			const id = await start("one", "true");
			expect((await rows("--no-trunc"))[0]?.[0]).toBe(id);
			expect(await once("--no-trunc", "--format", "{{.ID}}")).toBe(id);
			await engine.removeAll();
		});

		ours("an unknown field is an error at once, whatever runs: 1", async () => {
			const outcome = await engine.run("stats", "--format", "{{.Nosuch}}");
			expect(outcome).toMatchObject({ code: 1, stdout: "" });
			expect(outcome.stderr).toContain("can't evaluate field Nosuch");
		});

		ours("pressure is shown where the kernel tells of it", async () => {
			await start("one", "true");
			const shown = await once("--format", "{{.CPUPressure}}, {{.MemPressure}}, {{.IOPressure}}", "one");
			const { version, mount } = hierarchies().at(-1) ?? {};
			const tells = version === 2 && existsSync(`${mount}/cpu.pressure`);
			expect(shown).toMatch(tells ? /^(\d+\.\d\d% \/ \d+\.\d\d%(, |$)){3}$/ : /^--, --, --$/);
			await engine.removeAll();
		});
	});

	describe("counts", () => {
		/** Nanoseconds of CPU time so far. */
		function cpuTime(pid: number): number {
			const v1 = contentOf(pid, "cpuacct", { v1: "cpuacct.usage" });
			if (v1 !== undefined) return Number(v1);
			const text = contentOf(pid, "cpu", { v2: "cpu.stat" }) ?? "";
			return Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) * 1000;
		}

		ours("CPU % of a busy loop is what its cgroup has counted: the share of one processor that it gets", async () => {
			await engine.ok("run", "-d", "--name", "busy", IMAGE, "sh", "-c", "while :; do :; done");
			const pid = await programOf("busy");
			// On a machine that others use its share changes from second to second.
			await until("stats says what the cgroup's counter says", async () => {
				const [before, began] = [cpuTime(pid), Bun.nanoseconds()];
				const shown = Number.parseFloat((await fields("busy")).CPUPerc as string);
				const counted = ((cpuTime(pid) - before) / (Bun.nanoseconds() - began)) * 100;
				return shown > 5 && Math.abs(shown - counted) < counted / 7;
			});
			await engine.removeAll();
		});

		ours("memory that is used, against --memory; without that, against the host's", async () => {
			const fill = "dd if=/dev/zero of=/dev/shm/x bs=1M count=30 2>/dev/null";
			await prepare("limited", fill, "-m", "64m");
			await prepare("free", fill);
			const limited = await fields("limited");
			const [, used = "", limit] = /^([\d.]+)MiB \/ (.*)$/.exec(limited.MemUsage as string) ?? [];
			expect(Number(used)).toBeGreaterThanOrEqual(30);
			expect(Number(used)).toBeLessThan(36);
			expect(limit).toBe("64MiB");
			expect(Number.parseFloat(limited.MemPerc as string)).toBeCloseTo((Number(used) / 64) * 100, 0);
			const [, total] = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8")) ?? [];
			const [amount = "", ofHost = ""] = ((await fields("free")).MemUsage as string).split(" / ");
			expect(Number.parseFloat(amount)).toBeGreaterThanOrEqual(30);
			const bytes =
				Number.parseFloat(ofHost) * 1024 ** ["B", "KiB", "MiB", "GiB", "TiB"].indexOf(ofHost.replace(/[\d.]+/, ""));
			expect(Math.abs(bytes / (Number(total) * 1024) - 1)).toBeLessThan(0.001);
			await engine.removeAll();
		});

		ours("no file cache that is given up first", async () => {
			await prepare("cached", "dd if=/dev/zero of=/file bs=1M count=30 2>/dev/null; sync");
			const pid = await programOf("cached");
			const charged = Number(contentOf(pid, "memory", { v1: "memory.usage_in_bytes", v2: "memory.current" }));
			expect(charged).toBeGreaterThan(30 * 1024 ** 2);
			const shown = (await fields("cached")).MemUsage as string;
			expect(Number.parseFloat(shown) * (shown.includes("KiB /") ? 1 / 1024 : 1)).toBeLessThan(15);
			await engine.removeAll();
		});

		ours("processes, those of exec too", async () => {
			await start("three", "sleep 100000 & sleep 100000 & true");
			await engine.ok("exec", "-d", "three", "sleep", "100000");
			await until("all are there", async () => (await fields("three")).PIDs === "4");
			await engine.removeAll();
		});

		ours("bytes to and from block devices: what the cgroup's file says", async () => {
			// On v1 only what is written directly is the cgroup's, and it counts on a device that has a limit.
			const script =
				"dd if=/dev/zero of=/file bs=1M count=3 oflag=direct 2>/dev/null; dd if=/file of=/dev/null bs=1M iflag=direct 2>/dev/null";
			await prepare("writes", script, "--device-read-bps", `${blockDevice()}:1gb`);
			const pid = await programOf("writes");
			const text = contentOf(pid, "blkio", { v1: "blkio.throttle.io_service_bytes_recursive", v2: "io.stat" }) ?? "";
			const sum = (pattern: RegExp) =>
				[...text.matchAll(pattern)].reduce((total, [, bytes]) => total + Number(bytes), 0);
			const [read, written] = [sum(/ (?:Read |rbytes=)(\d+)/g), sum(/ (?:Write |wbytes=)(\d+)/g)];
			expect(Math.min(read, written)).toBeGreaterThanOrEqual(3 * 1024 ** 2);
			const [shownRead = "", shownWritten = ""] = ((await fields("writes")).BlockIO as string).split(" / ");
			const decimal = (size: string) =>
				Number.parseFloat(size) * 1000 ** ["B", "kB", "MB", "GB"].indexOf(size.replace(/[\d.]+/, ""));
			expect(Math.abs(decimal(shownRead) / read - 1)).toBeLessThan(0.01);
			expect(Math.abs(decimal(shownWritten) / written - 1)).toBeLessThan(0.01);
			await engine.removeAll();
		});

		ours(
			"the same wherever the cgroup is: --cgroup-parent, --cgroupns host, --init, --pid host, --network host",
			async () => {
				await start("elsewhere", "true", "--cgroup-parent", `${OWN_PARENT}/below`, "--cgroupns", "host");
				await start("shares", "true", "--init", "--pid", "host", "--network", "host");
				for (const [name, pids] of [
					["elsewhere", "1"],
					["shares", "2"],
				] as const) {
					const shown = await fields(name);
					expect(shown.PIDs).toBe(pids);
					expect(shown.NetIO).toMatch(name === "shares" ? /^0B \/ 0B$/ : TRAFFIC);
					expect(shown.MemUsage).toMatch(/^[1-9]/);
				}
				await engine.removeAll();
				removeParents(`${OWN_PARENT}/below`, OWN_PARENT);
			},
		);

		ours("a paused container, which uses no processor", async () => {
			await engine.ok("run", "-d", "--name", "busy", IMAGE, "sh", "-c", "while :; do :; done");
			await engine.ok("pause", "busy");
			expect(await once("--format", "{{.Name}} {{.CPUPerc}} {{.PIDs}}")).toBe("busy 0.00% 1");
			await engine.removeAll();
		});
	});

	describe("streaming", () => {
		/** Tables that it has printed so far, the last one perhaps half. */
		const tables = (text: string) => text.split("CONTAINER ID").slice(1);

		ours("without a terminal: table after table, and nothing that only a terminal understands", async () => {
			await start("one", "true");
			const stats = engine.spawn("stats");
			await until("there are three", () => tables(stats.stdout).length >= 3);
			stats.kill("SIGINT");
			expect(await stats.ended()).toBe(130);
			expect(stats.stdout).not.toContain("\x1b");
			for (const table of tables(stats.stdout).slice(0, 2)) expect(table).toMatch(/ PIDS\n[0-9a-f]{12} +one .* 1\n$/);
			await engine.removeAll();
		});

		ours("what starts appears, below what was there, and what ends disappears", async () => {
			await start("one", "true");
			const stats = engine.spawn("stats", "--format", "{{.Name}} {{.PIDs}}");
			await stats.prints("one 1\n");
			await start("two", "true");
			await stats.prints("one 1\ntwo 1\n");
			await engine.ok("kill", "one");
			await stats.prints("two 1\ntwo 1\n");
			await engine.ok("rm", "-f", "two");
			await engine.ok("start", "one");
			await until("it is back", () => stats.stdout.endsWith("two 1\none 1\n"));
			expect(stats.stdout).not.toContain(" 0\n");
			stats.kill("SIGTERM");
			expect(await stats.ended()).toBe(143);
			await engine.removeAll();
		});

		ours("what was named stays: zeros while it does not run, nothing known once it is removed", async () => {
			await start("one", "true");
			const stats = engine.spawn("stats", "--format", "{{.Name}} {{.PIDs}} {{.MemPerc}}", "one");
			await stats.prints(/^one 1 /m);
			await engine.ok("kill", "one");
			await stats.prints("one 0 0.00%\n");
			await engine.ok("start", "one");
			await stats.prints(/one 0 0.00%\none 1 /);
			await engine.ok("rm", "-f", "one");
			await stats.prints("one -- --\n");
			stats.kill("SIGINT");
			expect(await stats.ended()).toBe(130);
		});

		ours("-a keeps what has ended until it is removed", async () => {
			await start("one", "true");
			const stats = engine.spawn("stats", "-a", "--format", "[{{.Name}} {{.PIDs}}]");
			await stats.prints("[one 1]\n");
			await engine.ok("kill", "one");
			await stats.prints("[one 0]\n");
			await engine.ok("create", "--name", "made", IMAGE, "true");
			await stats.prints("[one 0]\n[made 0]\n");
			await engine.ok("rm", "one");
			await stats.prints("[made 0]\n[made 0]\n");
			stats.kill("SIGINT");
			await stats.ended();
			await engine.removeAll();
		});

		ours("ends quietly when nobody reads any more, as SIGPIPE would", async () => {
			await start("one", "true");
			const command = engine.command.map((word) => `'${word}'`).join(" ");
			const script = `${command} stats --format '{{.Name}}' | head -n 1; echo \${PIPESTATUS[0]}`;
			const { stdout, stderr } = Bun.spawnSync(["bash", "-c", script], {
				env: { ...process.env, ...engine.environment },
			});
			expect(stderr.toString()).toBe("");
			expect(stdout.toString()).toBe("one\n141\n");
			await engine.removeAll();
		});

		describe.skipIf(!requires("tmux"))("in a terminal", () => {
			test("the table is drawn in place, what has ended leaves no trace, and ctrl-c ends it: 130", async () => {
				await start("one", "true");
				await start("second", "true");
				await using screen = await engine.terminal({ columns: 120 });
				await screen.type("bunker stats\n");
				await screen.shows(/one .* second |second .*\n.*one /s);
				await engine.ok("rm", "-f", "second");
				await until("it is gone", async () => !(await screen.text()).includes("second"));
				const shown = await screen.text();
				expect(shown.match(/PIDS/g)).toHaveLength(1);
				expect(shown).toMatch(/one/);
				await screen.press("C-c");
				await screen.shows(/outside\$$/);
				await screen.type("echo status=$?\n");
				await screen.shows("status=130");
				await engine.removeAll();
			});

			ours("the cursor goes home, each line is cleared to its end, and then the rest, as docker does it", async () => {
				await start("one", "true");
				await using screen = await engine.terminal({ columns: 120 });
				// script(1) would be one more program: the pane's own output, piped.
				await screen.record(`${engine.directory}/drawn`);
				await screen.type("bunker stats --format '{{.Name}}<'\n");
				const drawn = () => readFileSync(`${engine.directory}/drawn`, "utf8");
				await until("it is drawn twice", () => drawn().split("\x1b[Hone<").length > 2);
				expect(drawn()).toContain("\x1b[Hone<\x1b[K\r\n\x1b[J");
				await screen.press("C-c");
				await engine.removeAll();
			});
		});
	});

	describe.skipIf(process.env.TARGET === "podman" || !requires("podman"))("beside podman", () => {
		test("the same numbers for the same load, within ten percent", async () => {
			await using podman = await Podman.open(engine.scratch());
			const load = "dd if=/dev/zero of=/dev/shm/x bs=1M count=40 2>/dev/null; while :; do :; done";
			const run = [
				"run",
				"-d",
				"--network",
				"none",
				"--name",
				"load",
				"--cpus",
				"0.2",
				"-m",
				"100m",
				IMAGE,
				"sh",
				"-c",
				load,
			];
			await engine.ok(...run);
			podman.ok(...run);
			const format = ["stats", "--no-stream", "--format", "{{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.PIDs}}", "load"];
			const near = (one: number, other: number) => Math.abs(one - other) <= Math.max(one, other) / 10;
			await until("both agree", async () => {
				const theirs = podman.ok(...format.map((word) => word.replace("PIDs", "PIDS")));
				const [a, b] = [numbers(await engine.ok(...format)), numbers(theirs)];
				return a.length === 5 && a.every((value, index) => near(value, b[index] as number));
			});
			await engine.removeAll();
		});

		/** `20.01% 40.3MiB / 100MiB 40.30% 1` → percents and bytes; podman's units are decimal. */
		function numbers(line: string): number[] {
			const powers: Record<string, number> = { "": 1, "%": 1, KiB: 1024, MiB: 1024 ** 2, kB: 1e3, MB: 1e6 };
			return [...line.matchAll(/([\d.]+)([%A-Za-z]*)/g)].map(
				([, value, unit = ""]) => Number(value) * (powers[unit] ?? Number.NaN),
			);
		}
	});
});
