/** The standard streams without a terminal: every byte, apart, in order, and none of the caller's descriptors inside. */

import { describe, expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";

/** Bytes that no text coding survives, different at each place. */
function noise(size: number): Uint8Array {
	const bytes = new Uint8Array(size);
	for (let at = 0, state = 12345; at < size; at++) {
		state = (state * 1103515245 + 12345) & 0x7fffffff;
		bytes[at] = state >> 16;
	}
	return bytes;
}

const sha256 = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

describe.skipIf(!ready)("stdio", () => {
	const engine = useEngine("stdio");
	/** A line for a shell, for what only a shell can set up. */
	const shell = (line: string) =>
		Bun.spawnSync(["bash", "-c", line], {
			env: { ...engine.environment, PATH: `${engine.directory}/bin:${engine.environment.PATH}` },
		});

	test("stdin is passed through to its end, byte for byte", async () => {
		const bytes = noise(3_000_000);
		const outcome = await engine.run("run", "-i", "--rm", IMAGE, "cat", { stdin: bytes });
		expect(outcome.bytes.length).toBe(bytes.length);
		expect(sha256(outcome.bytes)).toBe(sha256(bytes));
	});

	test("200 MB through run -i have the same sum inside", () => {
		const line = `head -c 200M /dev/urandom | tee >(sha256sum >&2) | bunker run -i --rm ${IMAGE} sha256sum`;
		const { stdout, stderr } = shell(line);
		expect(stdout.toString()).toMatch(/^[0-9a-f]{64}/);
		expect(stdout.toString().slice(0, 64)).toBe(stderr.toString().slice(0, 64));
	});

	test("without -i the program reads nothing", async () => {
		const outcome = await engine.run("run", "--rm", IMAGE, "cat", { stdin: "for nobody" });
		expect(outcome).toMatchObject({ code: 0, stdout: "" });
	});

	ours("run without -i leaves the caller's stdin to the next command", () => {
		const { stdout } = shell(`printf 'one\\ntwo\\n' | { bunker run --rm ${IMAGE} true; cat; }`);
		expect(stdout.toString()).toBe("one\ntwo\n");
	});

	test("stdin that ends before the program reads it", async () => {
		const outcome = await engine.run("run", "-i", "--rm", IMAGE, "sh", "-c", "sleep 0.5; cat", { stdin: "early" });
		expect(outcome.stdout).toBe("early");
	});

	test("a program that ends without reading its stdin ends run, too", async () => {
		const outcome = await engine.run("run", "-i", "--rm", IMAGE, "true", { stdin: noise(2_000_000), timeout: 15_000 });
		expect(outcome.code).toBe(0);
	});

	test("stdin that stays open does not keep run from returning", async () => {
		const program = engine.spawn("run", "-i", "--rm", IMAGE, "sh", "-c", "read line; echo got $line");
		program.write("a line\n");
		expect(await program.ended()).toBe(0);
		expect(program.stdout).toBe("got a line\n");
	});

	for (const size of [1, 4096, 65_536, 65_537, 1_000_000, 134_217_728])
		test(`a program that writes ${size} bytes and exits at once: all of them arrive`, async () => {
			const script = `head -c ${size - 1} /dev/zero; printf E`;
			const { bytes } = await engine.run("run", "--rm", IMAGE, "sh", "-c", script, { timeout: 60_000 });
			expect(bytes.length).toBe(size);
			expect(bytes[size - 1]).toBe("E".charCodeAt(0));
		});

	test("a slow reader gets everything, and the program is slowed", () => {
		const line = `bunker run --rm ${IMAGE} sh -c 'head -c 3000000 /dev/zero; printf E' | { sleep 1; cat; } | tail -c 1`;
		expect(shell(line).stdout.toString()).toBe("E");
	});

	test("stdout and stderr may be one file", async () => {
		const path = `${engine.scratch()}/both`;
		shell(`bunker run --rm ${IMAGE} sh -c 'for i in 1 2 3; do echo o$i; echo e$i >&2; done' > ${path} 2>&1`);
		expect(readFileSync(path, "utf8").split("\n").filter(Boolean).sort()).toEqual(["e1", "e2", "e3", "o1", "o2", "o3"]);
	});

	test("a file as stdout is appended to where the caller's offset is", () => {
		const path = `${engine.scratch()}/file`;
		shell(`{ echo before; bunker run --rm ${IMAGE} echo middle; echo after; } > ${path}`);
		expect(readFileSync(path, "utf8")).toBe("before\nmiddle\nafter\n");
	});

	test("a file as stdin", () => {
		expect(shell(`bunker run -i --rm ${IMAGE} cat < /etc/passwd`).stdout.toString()).toBe(
			readFileSync("/etc/passwd", "utf8"),
		);
	});

	test("closed stdin, stdout and stderr are no harm", () => {
		expect(shell(`bunker run --rm ${IMAGE} true <&- >&- 2>&-; echo $?`).stdout.toString()).toBe("0\n");
	});

	test("the reader goes away: run ends as its program does", () => {
		const { stdout } = shell(`bunker run --rm ${IMAGE} sh -c 'yes | head -c 5000000' | head -1`);
		expect(stdout.toString()).toBe("y\n");
	});

	ours("| head -1 does not hurt the log", async () => {
		shell(`bunker run --name cut ${IMAGE} seq 100000 | head -1`);
		await until("it has ended", async () => (await engine.ok("ps", "-a")).includes("Exited (0)"));
		const { stdout } = await engine.run("logs", "cut");
		expect(stdout.split("\n")).toHaveLength(100_001);
		expect(stdout).toEndWith("99999\n100000\n");
		await engine.ok("rm", "cut");
	});

	ours("a stalled reader delays neither stop nor the record of the end", async () => {
		const script = "trap 'exit 5' TERM; yes & while :; do sleep 0.1; done";
		const reader = Bun.spawn(
			["bash", "-c", `'${engine.command[0]}' run --name stalled ${IMAGE} sh -c "${script}" | sleep 1000`],
			{ env: engine.environment, stdout: "ignore" },
		);
		await until("it runs", async () => (await engine.ok("ps", "-q")) !== "");
		await Bun.sleep(500); // for the pipes to fill
		const before = Date.now();
		await engine.ok("stop", "stalled");
		expect(Date.now() - before).toBeLessThan(5000);
		expect(await engine.ok("ps", "-a")).toMatch(/Exited \(5\)/);
		Bun.spawnSync(["sh", "-c", `for pid in $(cat /proc/${reader.pid}/task/*/children); do kill -9 $pid; done`]);
		reader.kill("SIGKILL");
		await engine.removeAll();
	});

	ours("a stalled reader of stdout does not stop stderr", async () => {
		const script = "yes & sleep 0.5; echo still here >&2; sleep 1000";
		const program = Bun.spawn(
			["bash", "-c", `'${engine.command[0]}' run --rm --name half ${IMAGE} sh -c "${script}" | sleep 1000`],
			{ env: engine.environment, stderr: "pipe" },
		);
		const { value } = await program.stderr.getReader().read();
		expect(new TextDecoder().decode(value)).toBe("still here\n");
		await engine.ok("rm", "-f", "half");
		Bun.spawnSync(["sh", "-c", `for pid in $(cat /proc/${program.pid}/task/*/children); do kill -9 $pid; done`]);
		program.kill("SIGKILL");
	});

	ours("the program never holds a descriptor of the caller's", async () => {
		const path = `${engine.scratch()}/mine`;
		const fd = openSync(path, "w+");
		const line = `'${engine.command[0]}' run --rm ${IMAGE} sh -c 'ls -l /proc/1/fd /proc/self/fd' 7>&1 8</etc/passwd 9<>${path}`;
		const { stdout } = shell(line);
		closeSync(fd);
		expect(stdout.toString()).not.toContain("mine");
		expect(stdout.toString()).not.toContain("passwd");
		const numbers = [...stdout.toString().matchAll(/ (\d+) -> (\S+)/g)].map((match) => Number(match[1]));
		// 3 is ls's own look at the directory.
		expect(numbers.filter((number) => number > 3)).toEqual([]);
	});

	ours("every descriptor of the program is one of ours, not the caller's file", async () => {
		const path = `${engine.scratch()}/out`;
		shell(`bunker run --rm ${IMAGE} ls -l /proc/self/fd > ${path}`);
		expect(readFileSync(path, "utf8")).toMatch(/ 1 -> pipe:/);
	});

	ours("$(timeout -s KILL 1 bunker run …) returns at once, and the container runs on", async () => {
		const before = Date.now();
		const { stdout } = shell(
			`x=$(timeout -s KILL 1 bunker run --name orphan ${IMAGE} sh -c 'echo a; sleep 1000'); echo "[$x]"`,
		);
		expect(Date.now() - before).toBeLessThan(4000);
		expect(stdout.toString()).toContain("[a]");
		expect(await engine.ok("ps")).toContain("orphan");
		await engine.ok("rm", "-f", "orphan");
	});

	ours("$(bunker run -d …) returns at once: the monitor holds nothing of the caller's", () => {
		const before = Date.now();
		const { stdout } = shell(`x=$(bunker run -d --name held ${IMAGE} sleep 1000 2>&1); echo "[$x]"; bunker rm -f held`);
		expect(Date.now() - before).toBeLessThan(5000);
		expect(stdout.toString()).toMatch(/^\[[0-9a-f]{64}\]\nheld\n$/);
	});

	test("-d ignores the caller's stdin", () => {
		const { stdout } = shell(
			`printf x | { bunker run -d --name deaf ${IMAGE} cat > /dev/null; cat; }; bunker rm -f deaf`,
		);
		expect(stdout.toString()).toStartWith("x");
	});

	ours("run -d -i keeps the program's stdin open", async () => {
		await engine.ok("run", "-d", "-i", "--name", "waits", IMAGE, "cat");
		await Bun.sleep(300);
		expect(await engine.ok("ps")).toContain("waits");
		await engine.ok("rm", "-f", "waits");
	});

	test("a signal is forwarded to the program", async () => {
		const script = "trap 'echo hup; exit 9' HUP; echo ready; while :; do sleep 0.1; done";
		const program = engine.spawn("run", "--rm", IMAGE, "sh", "-c", script);
		await program.prints("ready");
		program.kill("SIGHUP");
		expect(await program.ended()).toBe(9);
		expect(program.stdout).toContain("hup");
	});

	for (const signal of ["SIGTERM", "SIGINT", "SIGUSR1", "SIGQUIT"] as const)
		test(`${signal} is forwarded`, async () => {
			const name = signal.slice(3);
			const script = `trap 'exit 42' ${name}; echo ready; while :; do sleep 0.1; done`;
			const program = engine.spawn("run", "--rm", IMAGE, "sh", "-c", script);
			await program.prints("ready");
			program.kill(signal);
			expect(await program.ended()).toBe(42);
		});

	ours("a signal that comes with the program's first instruction reaches it, and does not end run", () => {
		const script = 'trap "exit 42" QUIT; kill -QUIT $CLI; while :; do sleep 0.01; done';
		const line = `exec bunker run --rm --pid host -e CLI=$$ ${IMAGE} sh -c '${script}'`;
		const codes = Array.from({ length: 20 }, () => shell(`ulimit -c 0; ${line}`).exitCode);
		expect(codes).toEqual(Array(20).fill(42));
	});

	ours("run on a full disk of the caller's still ends with the program's status", () => {
		expect(shell(`bunker run --rm ${IMAGE} sh -c 'echo x; exit 4' > /dev/full; echo $?`).stdout.toString()).toBe("4\n");
	});

	ours("what the caller's stdout is, stays as it was: O_NONBLOCK is not set on it", () => {
		const line = `bunker run -i --rm ${IMAGE} cat < /dev/null; grep flags /proc/self/fdinfo/1 >&2`;
		const { stderr } = shell(`{ ${line}; } | cat`);
		const flags = Number.parseInt(/flags:\s+(\d+)/.exec(stderr.toString())?.[1] ?? "", 8);
		expect(flags & 0o4000).toBe(0);
	});

	ours("a killed run leaves no process of its own", async () => {
		const program = engine.spawn("run", "--rm", "--name", "killed", IMAGE, "sleep", "1000");
		await until("it runs", async () => (await engine.ok("ps", "-q")) !== "");
		program.kill("SIGKILL");
		await program.ended();
		expect(isAlive(program.pid)).toBe(false);
		await engine.ok("rm", "-f", "killed");
	});
});
