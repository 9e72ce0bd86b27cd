/**
 * Who is measured, and what each needs before: roots, images, bundles. All of
 * it is under build/bench and kept, so that the next run starts warm.
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, output, run } from "./measure.ts";

export const directory = resolve("build/bench");
mkdirSync(directory, { recursive: true });
/** what is measured; BUNKER_BINARY names another than the one just built */
export const binary = resolve(process.env.BUNKER_BINARY || "dist/bunker");
export const busybox = `${directory}/busybox.tar`;
export const IMAGE = "busybox";

/** How the Debian package of a peer is called. */
export const PACKAGES: Record<string, string> = { podman: "podman", runc: "runc", crun: "crun", bwrap: "bubblewrap" };

/** An engine with images and containers of its own. */
export interface Engine {
	name: string;
	/** a command line of it */
	command(...words: string[]): Command;
	/** flags that make `rm -f` kill at once */
	kill: string[];
}

/**
 * bunker with roots of its own, made anew: what an older bunker left in them is not what is measured.
 * @param on the directory that they are in
 */
export function bunker(root: string, on = directory): Engine {
	const at = `${on}/bunker-${root}`;
	// In /run, as podman's own below.
	const runRoot = `/run/bunker-bench/${root}`;
	const env = { BUNKER_ROOT: at, BUNKER_RUN_ROOT: runRoot };
	const engine: Engine = { name: "bunker", command: (...words) => ({ words: [binary, ...words], env }), kill: [] };
	if (existsSync(at)) removeAll(engine);
	for (const directory of [at, runRoot]) rmSync(directory, { recursive: true, force: true });
	return withImage(engine);
}

/**
 * podman with roots and a configuration of its own; undefined if it is not installed.
 * @param inside words before its command line
 * @param on the directory that its roots are in
 */
export function podman(root: string, inside: string[] = [], on = directory): Engine | undefined {
	if (!Bun.which("podman")) return undefined;
	const configuration = `${directory}/containers.conf`;
	writeFileSync(configuration, CONTAINERS_CONF);
	const at = `${on}/podman-${root}`;
	// podman refuses a --runroot of more than 50 characters.
	const roots = [
		"--root",
		at,
		"--runroot",
		`/run/bunker-bench-${root}`,
		"--tmpdir",
		`${at}/tmp`,
		"--cgroup-manager",
		"cgroupfs",
	];
	const env = { CONTAINERS_CONF: configuration };
	const command = (...words: string[]) => ({ words: [...inside, "podman", ...roots, ...words], env });
	return withImage({ name: "podman", command, kill: ["-t", "0"] });
}

// No ulimits: raising RLIMIT_NPROC fails where the hard limit is lower. runc: crun refuses hybrid cgroups.
const CONTAINERS_CONF = `[containers]
default_ulimits = []
[engine]
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "${directory}/networks"
`;

/**
 * The same, in a network namespace of its own: it changes rules at each start,
 * and each change of anybody's is a reason for ours to look at their own.
 */
export function podmanApart(root: string): Engine | undefined {
	const namespace = `/run/bunker-bench-net-${root}`;
	if (!existsSync(namespace)) {
		writeFileSync(namespace, "");
		run({ words: ["unshare", `--net=${namespace}`, "busybox", "ip", "link", "set", "lo", "up"] });
	}
	return podman(root, ["nsenter", `--net=${namespace}`]);
}

/** Removes roots that nobody needs again, whoever's they were. */
export function discard(roots: string[]): void {
	for (const root of roots)
		for (const prefix of ["", "bunker-", "podman-"]) run({ words: ["rm", "-rf", `${directory}/${prefix}${root}`] });
}

function withImage(engine: Engine): Engine {
	const known = output(engine.command("images", "-q", IMAGE));
	if (!known) run(engine.command("import", makeBusybox(), IMAGE));
	removeAll(engine);
	return engine;
}

/** Removes all containers of an engine. */
export function removeAll(engine: Engine): void {
	const ids = output(engine.command("ps", "-a", "-q"))
		.split("\n")
		.filter(Boolean);
	if (ids.length > 0) run(engine.command("rm", "-f", ...engine.kill, ...ids));
}

function makeBusybox(): string {
	if (!existsSync(busybox)) run({ words: ["test/busybox.sh", busybox] });
	return busybox;
}

/** The same root file system as a directory. */
function rootfs(): string {
	const at = `${directory}/rootfs`;
	if (existsSync(`${at}/bin/true`)) return at;
	mkdirSync(at, { recursive: true });
	run({ words: ["tar", "-xf", makeBusybox(), "-C", at] });
	for (const name of ["proc", "sys", "dev"]) mkdirSync(`${at}/${name}`, { recursive: true });
	return at;
}

/** An OCI bundle that runs `true` without a terminal. */
function bundle(): string {
	const at = `${directory}/bundle`;
	mkdirSync(at, { recursive: true });
	if (!existsSync(`${at}/config.json`)) run({ words: ["runc", "spec", "--bundle", at] });
	const config = JSON.parse(readFileSync(`${at}/config.json`, "utf8"));
	config.process.terminal = false;
	config.process.args = ["true"];
	config.process.rlimits = undefined;
	config.root = { path: rootfs(), readonly: false };
	writeFileSync(`${at}/config.json`, JSON.stringify(config));
	return at;
}

let runs = 0;

/** `runc run` of a ready bundle; undefined if it is not installed. */
export function runc(): (() => Command) | undefined {
	if (!Bun.which("runc")) return undefined;
	const at = bundle();
	return () => ({ words: ["runc", "--root", `${directory}/runc`, "run", "--bundle", at, `bench${++runs}`] });
}

/** `crun run` of the same bundle, with more flags before the verb. */
export function crun(...flags: string[]): (() => Command) | undefined {
	if (!Bun.which("crun") || !Bun.which("runc")) return undefined;
	const at = bundle();
	return () => ({ words: ["crun", "--root", `${directory}/crun`, ...flags, "run", "--bundle", at, `bench${++runs}`] });
}

/** bwrap with what comes nearest to a container: namespaces, a root, /proc, /dev. */
export function bwrap(): (() => Command) | undefined {
	if (!Bun.which("bwrap")) return undefined;
	const words = ["bwrap", "--unshare-all", "--bind", rootfs(), "/", "--proc", "/proc", "--dev", "/dev", "true"];
	return () => ({ words });
}

/** A mount namespace of the bench's own, kept by a process that sleeps in it. */
export interface MountNamespace {
	/** the same command, in it */
	command(inner: Command): Command;
	end(): void;
}

/** Makes one. @param script what is done in it first */
export async function mountNamespace(script: string): Promise<MountNamespace> {
	const words = ["unshare", "-m", "--propagation", "private", "sh", "-c", `${script}; echo ready; exec sleep 100000`];
	const keeper = Bun.spawn(words, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
	await keeper.stdout.getReader().read();
	return {
		command: ({ words: inner, ...rest }) => ({ words: ["nsenter", "-t", String(keeper.pid), "-m", ...inner], ...rest }),
		end: () => keeper.kill("SIGKILL"),
	};
}

/** An empty program, compiled as bunker is. */
export function empty(): () => Command {
	const program = `${directory}/empty`;
	if (!existsSync(program)) {
		writeFileSync(`${directory}/empty.ts`, "export {};\n");
		const flags = [
			"--compile",
			"--no-compile-autoload-dotenv",
			"--no-compile-autoload-bunfig",
			"--minify",
			"--bytecode",
		];
		const made = `${directory}/empty.built`;
		run({ words: [process.execPath, "build", ...flags, "--format=esm", `${directory}/empty.ts`, "--outfile", made] });
		// Written in large pieces, as bunker is (Makefile): a start depends on it.
		run({ words: ["dd", `if=${made}`, `of=${program}`, "bs=4M", "status=none"] });
		run({ words: ["chmod", "755", program] });
		rmSync(made);
	}
	return () => ({ words: [program] });
}
