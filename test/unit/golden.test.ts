/**
 * The lists themselves: what a start and an exec do, in order. Whoever changes
 * the order changes these files, and says why. BUNKER_GOLDEN=write writes them.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { MOVE_MOUNT_F_EMPTY_PATH } from "../../ffi/constants.ts";
import { defaultLog, type RunOptions } from "../../src/container/options.ts";
import { buildSpec } from "../../src/container/spec.ts";
import type { Step } from "../../src/kernel/tape.ts";
import { capabilityNames } from "../../src/runtime/capabilities.ts";
import { compileExec } from "../../src/runtime/entering.ts";
import { compileGuard } from "../../src/runtime/guarding.ts";
import { compileProbe } from "../../src/runtime/probing.ts";
import { takeSeldom } from "../../src/runtime/staging.ts";
import { compileStart, type StartFacts } from "../../src/runtime/starting.ts";
import { compileWait } from "../../src/runtime/waiting.ts";
import type { Source } from "../../src/volume/volume.ts";

const OPTIONS: RunOptions = {
	image: "busybox",
	command: ["sh", "-c", "true"],
	env: ["PATH=/usr/bin:/bin"],
	interactive: true,
	tty: false,
	detach: false,
	remove: true,
	init: true,
	readOnly: true,
	network: "none",
	volumes: [{ source: "/srv", target: "/data/srv", readOnly: true }],
	log: defaultLog,
};

const POLICY: StartFacts["policy"] = {
	terminal: false,
	exec: false,
	remove: true,
	detached: false,
	control: 4,
	cli: 5,
	sync: 6,
	lock: 7,
	runDirectory: 8,
	logDirectory: 9,
	home: -1,
	callers: [
		{ fd: 10, kind: "own" },
		{ fd: 11, kind: "own" },
		{ fd: 12, kind: "file" },
	],
	log: { ...defaultLog, name: "local.log" },
};

const IMAGE = `sha256:${"ab".repeat(32)}`;

/** Of every kind, one in the other. */
const POINTS: RunOptions["points"] = [
	{ type: "bind", source: "/srv", target: "/data/in/volume", readOnly: true, mode: "", recursive: "writable" },
	{ type: "volume", source: "v", target: "/data/in", readOnly: false, mode: "z", subpath: "a/b" },
	{ type: "bind", source: "/srv/file", target: "/data/file", readOnly: false, mode: "", propagation: "slave" },
	{ type: "image", source: IMAGE, target: "/image", readOnly: true, mode: "", subpath: "bin" },
	{
		type: "volume",
		source: "disk",
		target: "/disk",
		readOnly: true,
		mode: "z",
	},
	{
		type: "volume",
		source: "other",
		target: "/sys/other",
		readOnly: false,
		mode: "z",
	},
];

const VOLUMES: Record<string, Source> = {
	disk: { type: "ext4", device: "/dev/sdb", options: ["noatime", "errors=continue", "password=x", "sync"] },
	other: { path: "/o", alone: true },
};

const LIMITS: Partial<RunOptions> = {
	ulimits: [
		{ name: "nofile", soft: 1024, hard: 2048 },
		{ name: "core", soft: -1, hard: -1 },
	],
	oomScoreAdj: 500,
	noNewPrivileges: true,
	capDrop: ["ALL"],
};

const DONOR = `container:${"f".repeat(64)}`;

/** As on a host of v1, with two controllers in one hierarchy. */
const SPLIT: StartFacts["cgroups"] = [
	{
		version: 1,
		path: "/sys/fs/cgroup/memory/bunker/c",
		mount: "/sys/fs/cgroup/memory",
		name: "memory",
		option: "memory",
	},
	{
		version: 1,
		path: "/sys/fs/cgroup/cpu,cpuacct/bunker/c",
		mount: "/sys/fs/cgroup/cpu,cpuacct",
		name: "cpu,cpuacct",
		option: "cpu,cpuacct",
	},
	{
		version: 1,
		path: "/sys/fs/cgroup/systemd/bunker/c",
		mount: "/sys/fs/cgroup/systemd",
		name: "systemd",
		option: "name=systemd",
	},
];
const UNIFIED: StartFacts["cgroups"] = [
	{ version: 2, path: "/sys/fs/cgroup/bunker/c", mount: "/sys/fs/cgroup", name: "cgroup", option: "" },
];

const spec = (change: Partial<RunOptions> = {}, controlsDevices = true) =>
	buildSpec(
		{ ...OPTIONS, ...change },
		{ User: "web" },
		{
			id: "0".repeat(64),
			content: (volume) => VOLUMES[volume] ?? { path: `/volumes/${volume}/_data` },
			runDirectory: "/run/c",
			hostHostname: "h",
			capabilities: () => capabilityNames,
			controlsDevices,
			devices: () => [
				{ path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 0o666, uid: 0, gid: 0 },
				{ path: "/dev/sda", type: "b", major: 8, minor: 0, fileMode: 0o660, uid: 0, gid: 6 },
			],
		},
	);

function started(change: Partial<RunOptions> = {}, cgroups = SPLIT, controlsDevices = true): Step[] {
	const { tape } = compileStart(spec(change, controlsDevices), {
		cgroups,
		root: {
			kind: "overlay",
			layersDirectory: "/state/layers",
			layers: ["aa", "bb"],
			base: "../base",
			data: "../containers/c",
			containerDirectory: "/state/containers/c",
			volatile: true,
		},
		kernelPaths: new Map([
			["/proc/kcore", "file"],
			["/proc/acpi", "directory"],
			["/proc/sys", "directory"],
		]),
		directories: new Set(["/srv", "/o", "/volumes/v/_data/a/b", `${IMAGE}/bin`]),
		take: takeSeldom,
		images: new Map([[IMAGE, { directory: "/state/layers", names: ["aa", "bb"] }]]),
		donors: new Map(change.ipc === DONOR ? [["f".repeat(64), 15]] : []),
		stdio: { terminal: change.tty ?? false, size: { rows: 24, columns: 80 }, interactive: true },
		policy: POLICY,
	});
	return tape.steps;
}

function entered(tty: boolean, change: Partial<RunOptions> = {}): Step[] {
	const { tape } = compileExec(spec(change).process, {
		pidfd: 13,
		cgroups: change.cgroupns === "host" ? UNIFIED : SPLIT,
		identity: { uid: 33, gid: 33, groups: [33], home: "/srv" },
		user: "web",
		stdio: { terminal: tty, interactive: true },
		policy: { ...POLICY, sync: -1, lock: -1, runDirectory: -1, logDirectory: -1, home: 14 },
	});
	return tape.steps;
}

const LISTS: Record<string, Step[]> = {
	run: started(),
	"run-terminal-host": started({ tty: true, network: "host", init: false, readOnly: false, volumes: [] }),
	"run-privileged": started({ privileged: true, init: false }),
	"run-unified": started({}, UNIFIED),
	"run-unified-host": started({ cgroupns: "host" }, UNIFIED),
	"run-without-cgroups": started({}, [], false),
	"run-limits": started({
		...LIMITS,
		tmpfs: [{ target: "/data", options: "size=64m,exec" }],
		shmSize: 1 << 20,
		sysctls: { "net.core.somaxconn": "1024" },
		domainname: "example",
		init: false,
	}),
	"run-mounts": started({ points: POINTS, tmpfs: [{ target: "/data", options: "ro" }], readOnly: false, init: false }),
	"run-sharing": started({ ipc: DONOR, pid: DONOR, uts: "host", cgroupns: "host", init: false }),
	"exec-limits": entered(false, LIMITS),
	exec: entered(false),
	"exec-terminal": entered(true),
	"exec-unified": entered(false, { cgroupns: "host" }),
	probe: compileProbe(spec().process, {
		identity: { uid: 33, gid: 33, groups: [33], home: "/srv" },
		user: "web",
		cgroups: SPLIT,
	}).tape.steps,
	"probe-unified": compileProbe(spec().process, {
		identity: { uid: 33, gid: 33, groups: [33], home: "/srv" },
		user: "web",
		cgroups: UNIFIED,
	}).tape.steps,
	guard: compileGuard({
		process: 5,
		runDirectory: 6,
		mark: "thawed",
		freezer: { file: "/sys/fs/cgroup/freezer/bunker/ID/freezer.state", thawed: "THAWED" },
	}).tape.steps,
	wait: compileWait(400, ["/bin/bunker", "__reap", "ID"], []).tape.steps,
};

for (const [name, steps] of Object.entries(LISTS))
	test(`the list of ${name} is the one on file`, () => {
		const path = `test/unit/golden/${name}.txt`;
		const text = steps.map((step) => `${step.call}: ${step.what}\n`).join("");
		if (process.env.BUNKER_GOLDEN === "write") writeFileSync(path, text);
		expect(text).toBe(readFileSync(path, "utf8"));
	});

describe("in the list of run", () => {
	const at = (start: string) => (LISTS.run as Step[]).findIndex((step) => step.what.startsWith(start));
	test("what the helper was given is closed before any path of the container is looked up", () => {
		const last = (LISTS.run as Step[]).findLastIndex(
			(step) => /^close (the|bunker)/.test(step.what) && step.call === "close",
		);
		expect(at("fork into new namespaces")).toBeLessThan(at("close the control socket"));
		expect(at("close the monitor's end of the report")).toBeLessThan(at("make directory"));
		expect(at("close bunker's stderr")).toBeLessThan(at("make it the root"));
		expect(last).toBeGreaterThan(0);
	});
	test("volumes are placed before anything of the kernel's is there, in places that are no links", () => {
		expect(at("bind /srv")).toBeLessThan(at("open /proc, which has to be no link"));
		expect(at("open /dev, which has to be no link")).toBeLessThan(at("mount proc"));
		expect(at("mount proc")).toBeLessThan(at("hide /proc/kcore"));
	});
	test("what is hidden is hidden in volumes on /proc and /sys, too, with a /dev/null that is ours", () => {
		const steps = started({
			volumes: ["/sys", "/dev/x"].map((target) => ({ source: "/srv", target, readOnly: false })),
		});
		const place = (what: string) => steps.findIndex((step) => step.what.startsWith(what));
		expect(place("bind /srv on /sys")).toBeLessThan(place("hide /proc/kcore"));
		expect(place("hide /proc/kcore")).toBeLessThan(place("bind /srv on /dev/x"));
	});
	test("the terminal and its console are made before volumes are placed: one may lie on /dev", () => {
		const steps = started({ tty: true, volumes: [{ source: "/srv", target: "/dev", readOnly: false }] });
		const place = (what: string) => steps.findIndex((step) => step.what === what);
		const volume = place("bind /srv on /dev");
		expect(place("open a new terminal, /dev/pts/ptmx")).toBeLessThan(volume);
		expect(place("take /dev/pts/0 to bind it later")).toBeLessThan(volume);
		const last = steps.findLast((step) => step.what === "bind /dev/pts/0 on /dev/console");
		expect(last?.call).toBe("move_mount");
		// No MOVE_MOUNT_T_SYMLINKS: a link there is mounted over, not followed.
		expect(last?.arguments[4]).toBe(MOVE_MOUNT_F_EMPTY_PATH);
	});
	test("capabilities are set after the user, and the death signal after both", () => {
		expect(at("set the user")).toBeLessThan(at("set the capabilities"));
		expect(at("set the capabilities")).toBeLessThan(at("die when the monitor dies"));
	});
	test("every descriptor but the standard ones is marked to be closed before the program runs", () =>
		expect(at("mark all other descriptors")).toBeLessThan(at("execute ")));
});
