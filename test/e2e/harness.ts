/**
 * The binary as a user types it. Each test file has an engine with roots of its
 * own under build/e2e and an image `busybox` in it; when the file is done,
 * nothing of its containers may be left anywhere.
 *
 * TARGET=podman runs the same tests against podman: a sentence about docker's
 * behaviour should hold there, unless the test is `ours`.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { patience } from "../patience.ts";
import { requires } from "../requires.ts";
import {
	cgroupsLeft,
	leftovers,
	mounts,
	type NetworkBefore,
	networkBefore,
	networkLeft,
	removeNetworks,
	volumesLeft,
} from "./leftovers.ts";
import { Program } from "./program.ts";
import { Screen } from "./terminal.ts";

export const TARGET = process.env.TARGET === "podman" ? "podman" : "bunker";
/** The image every engine starts with: static busybox, no configuration at all. */
export const IMAGE = "busybox";
export const ID = /^[0-9a-f]{64}\n$/;

/** Another executable than the one just built: BUNKER_BINARY=/usr/local/bin/bunker. */
export const binary = resolve(process.env.BUNKER_BINARY || "dist/bunker");
const work = resolve("build/e2e");

/** A test of what is ours alone, or where podman's answer is not docker's. */
export const ours = test.skipIf(TARGET === "podman");

/** The network is the tests' own (test/own-network.sh): nobody else changes it. */
const hasOwnNetwork = TARGET === "bunker" && Boolean(process.env.BUNKER_OWN_NETWORK);

/** `describe.skipIf(!ready)`: what every test here needs. */
export const ready = requires("root", "overlay", "busybox", TARGET === "podman" ? "podman" : "binary");

export interface Options {
	/** what the command reads; nothing (/dev/null) if not said */
	stdin?: string | Uint8Array | number;
	/** added to the few variables that are passed on */
	env?: Record<string, string>;
	cwd?: string;
	/** milliseconds until the command is killed and the test fails; 30 s if not said; more on a slow machine */
	timeout?: number;
}

export interface Outcome {
	code: number;
	stdout: string;
	stderr: string;
	/** stdout as it came */
	bytes: Uint8Array;
}

type Arguments = (string | Options)[];

export class Engine {
	directory = "";
	root = "";
	runRoot = "";
	private before: NetworkBefore = { listening: [] };

	constructor(private readonly name: string) {}

	/** Makes its directories and takes the image in. */
	async open(): Promise<void> {
		mkdirSync(work, { recursive: true });
		this.before = networkBefore();
		this.directory = mkdtempSync(`${work}/${this.name}-`);
		this.root = `${this.directory}/root`;
		// podman refuses a --runroot of more than 50 characters.
		this.runRoot = TARGET === "podman" ? mkdtempSync("/tmp/bunker-e2e-") : `${this.directory}/run`;
		mkdirSync(`${this.directory}/bin`);
		const command = this.command.map((word) => `'${word}'`).join(" ");
		const script = `#!/bin/sh\n${TARGET === "podman" ? ADAPTED : ""}exec ${command} "$@"\n`;
		writeFileSync(`${this.directory}/bin/bunker`, script, { mode: 0o755 });
		if (TARGET === "podman") writeFileSync(`${this.directory}/containers.conf`, CONTAINERS_CONF);
		await this.ok("import", await busyboxTar(), IMAGE);
	}

	/** What is executed, without arguments of the test's. */
	get command(): string[] {
		if (TARGET === "bunker") return [binary];
		const roots = ["--root", this.root, "--runroot", this.runRoot, "--tmpdir", `${this.directory}/tmp`];
		return ["podman", ...roots, "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
	}

	get environment(): Record<string, string> {
		return {
			PATH: process.env.PATH ?? "/usr/bin:/bin",
			HOME: this.directory,
			BUNKER_ROOT: this.root,
			BUNKER_RUN_ROOT: this.runRoot,
			CONTAINERS_CONF: `${this.directory}/containers.conf`,
		};
	}

	/** Runs a command to its end: `run("ps", "-a")`, options last. */
	async run(...words: Arguments): Promise<Outcome> {
		const { stdin, timeout = 30_000 } = optionsOf(words);
		const program = this.spawn(...words);
		if (typeof stdin !== "number") await program.feed(stdin ?? "");
		const code = await program.ended(timeout);
		return { code, stdout: program.stdout, stderr: program.stderr, bytes: program.bytes };
	}

	/** As `run`, where anything but success is an error of the test. @returns stdout without its last newline */
	async ok(...words: Arguments): Promise<string> {
		const outcome = await this.run(...words);
		if (outcome.code !== 0) throw new Error(`${words.join(" ")}: exit ${outcome.code}: ${outcome.stderr}`);
		return outcome.stdout.replace(/\n$/, "");
	}

	/** Starts a command and returns at once; its stdin is open unless given as a descriptor. */
	spawn(...words: Arguments): Program {
		const { env = {}, cwd, stdin } = optionsOf(words);
		const typed = words.filter((word) => typeof word === "string");
		return new Program([...this.command, ...adapted(typed)], {
			env: { ...this.environment, ...env },
			cwd,
			stdin: typeof stdin === "number" ? stdin : "pipe",
		});
	}

	/** A shell in a real terminal in which `bunker` is this engine. */
	async terminal(size: { columns?: number; rows?: number } = {}): Promise<Screen> {
		const env = { ...this.environment, PATH: `${this.directory}/bin:${this.environment.PATH}` };
		return Screen.open(env, this.directory, size);
	}

	/** A fresh directory for a test's own files. */
	scratch(): string {
		return mkdtempSync(`${this.directory}/scratch-`);
	}

	/** Removes all containers. */
	async removeAll(): Promise<void> {
		const ids = (await this.ok("ps", "-a", "-q")).split("\n").filter(Boolean);
		if (ids.length > 0) await this.ok("rm", "-f", "-v", ...ids, { timeout: 60_000 });
	}

	/** Removes the volumes that tests have left; what nobody has a name for stays, and is found. */
	private async removeVolumes(): Promise<void> {
		const names = (await this.ok("volume", "ls", "-q")).split("\n").filter(Boolean);
		if (names.length > 0) await this.ok("volume", "rm", ...names, { timeout: 60_000 });
	}

	/** Fails if anything of a container is left, after all have been removed. */
	async assertClean(): Promise<void> {
		expect(await this.ok("ps", "-a", "-q")).toBe("");
		if (TARGET === "bunker") expect(leftovers(this.root, this.runRoot)).toEqual([]);
	}

	/** The same, for what others may still be cleaning up. */
	async becomesClean(): Promise<void> {
		const deadline = Date.now() + patience(5000);
		while (Date.now() < deadline) {
			if ((await this.ok("ps", "-a", "-q")) === "" && leftovers(this.root, this.runRoot).length === 0) return;
			await Bun.sleep(50);
		}
		await this.assertClean();
	}

	/** Fails if anything of a container's networks is left; the kernel needs a moment for a namespace that is gone. */
	private async assertNoNetwork(): Promise<void> {
		const left = () => networkLeft(this.root, this.before);
		const deadline = Date.now() + patience(3000);
		while (left().length > 0 && Date.now() < deadline) await Bun.sleep(20);
		expect(left()).toEqual([]);
		removeNetworks(this.root);
	}

	async close(): Promise<void> {
		try {
			await this.removeAll();
			if (TARGET === "bunker") await this.removeVolumes();
			await this.becomesClean();
			if (TARGET === "bunker") expect(volumesLeft(this.root)).toEqual([]);
			if (TARGET === "bunker") expect(mounts(this.directory)).toEqual([]);
			if (TARGET === "bunker") await until("no cgroup is left", () => cgroupsLeft(this.root).length === 0);
			if (hasOwnNetwork) await this.assertNoNetwork();
		} finally {
			for (const path of [this.directory, this.runRoot]) rmSync(path, { recursive: true, force: true });
		}
	}
}

/** The engine of a test file; made before its first test, checked and removed after its last. */
export function useEngine(name: string, make = (name: string) => new Engine(name)): Engine {
	// Real containers, on machines that others use too: a test that hangs is found by Engine.run's own limit.
	setDefaultTimeout(patience(120_000));
	const engine = make(name);
	beforeAll(async () => {
		if (ready) await engine.open();
	});
	afterAll(async () => {
		if (engine.directory) await engine.close();
	});
	return engine;
}

/** The root file system of the image, made once and kept in build/. */
export async function busyboxTar(): Promise<string> {
	const path = `${work}/busybox.tar`;
	if (!(await Bun.file(path).exists())) {
		const made = Bun.spawnSync(["test/busybox.sh", path]);
		if (made.exitCode !== 0) throw new Error(`test/busybox.sh: ${made.stderr}`);
	}
	return path;
}

/** Waits until a condition holds; the sentence names what was awaited if it never does. */
export async function until(what: string, holds: () => unknown, timeout = 15_000): Promise<void> {
	const limit = patience(timeout);
	const deadline = Date.now() + limit;
	while (!(await holds())) {
		if (Date.now() > deadline) throw new Error(`waited ${limit} ms in vain until ${what}`);
		await Bun.sleep(20);
	}
}

/** An age as tables have it, masked: two commands may be a second apart. */
export const withoutAges = (text: string): string =>
	text
		.replace(/(?:Less than a second|About an? \w+|\d+ (?:second|minute|hour|day)s?)( ago|(?=\)|\s|$))/g, "AGE")
		.replace(/ {2,}/g, "  ");

/** Waits until a process has done nothing for half a second, as what waits for something does. */
export async function untilIdle(pid: number): Promise<void> {
	const times = () => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ").slice(13, 15).join();
	const switches = () => /^voluntary_ctxt_switches:\s+\d+$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[0];
	await until(`process ${pid} is idle`, async () => {
		const before = [times(), switches()].join();
		await Bun.sleep(500);
		return before === [times(), switches()].join();
	});
}

/** The pids of processes of this machine with this command line; it should be one of nobody else's. */
export function pidsOf(command: string): number[] {
	const listed = Bun.spawnSync(["pgrep", "-x", "-f", command]).stdout.toString();
	return listed.split("\n").filter(Boolean).map(Number);
}

/** Seconds that no other test on this machine sleeps, for `sleep`. */
export const ownSeconds = (number: number): string => `${number}${String(process.pid).padStart(7, "0")}`;

/** True if the process runs (a zombie does not). */
export function isAlive(pid: number): boolean {
	try {
		return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
	} catch {
		return false;
	}
}

function optionsOf(words: Arguments): Options {
	const last = words.at(-1);
	return typeof last === "object" ? last : {};
}

// bunker's network without the flag is none, podman's a slow bridge; docker's rm -f kills at once, podman's stops.
function adapted(words: string[]): string[] {
	const [verb = "", ...rest] = words;
	if (TARGET !== "podman") return words;
	if ((verb === "run" || verb === "create") && !rest.some((word) => word.startsWith("--net")))
		return [verb, "--network", "none", ...rest];
	return verb === "rm" && rest.includes("-f") ? [verb, "-t", "0", ...rest] : words;
}

// default_ulimits: raising RLIMIT_NPROC fails in a VM whose hard limit is lower. runc: crun refuses hybrid cgroups.
const CONTAINERS_CONF = `[containers]
default_ulimits = []
[engine]
runtime = "runc"
`;

const ADAPTED = 'case $1 in run) shift; set -- run --network none "$@" ;; esac\n';
