/**
 * Options and image config → config.json, as docker merges them
 * (moby: daemon/commit.go merge, daemon/container_unix.go, oci/defaults.go). Pure.
 */

import { EXIT, Failure } from "../failure.ts";
import type { ImageConfig } from "../image/image.ts";
import { defaultCapabilities, INIT_ANNOTATION, type Mount, type Spec, USER_ANNOTATION } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";

/** OCI image-spec, annotations.md: what `stop` sends. */
export const STOP_SIGNAL_ANNOTATION = "org.opencontainers.image.stopSignal";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const MASKED_PATHS = [
	"/proc/asound",
	"/proc/acpi",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/sys/firmware",
	"/sys/devices/virtual/powercap",
];

const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** Until the device controller exists, nodev wherever docker has none: /dev too. */
const KERNEL_MOUNTS: Mount[] = [
	{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
	{
		destination: "/dev",
		type: "tmpfs",
		source: "tmpfs",
		options: ["nosuid", "nodev", "size=65536k", "mode=755"],
	},
	{
		destination: "/dev/pts",
		type: "devpts",
		source: "devpts",
		options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
	},
	{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
	{ destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
	{
		destination: "/dev/shm",
		type: "tmpfs",
		source: "shm",
		options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
	},
];

/** What the host adds: names of files that are bound, and its own host name. */
export interface SpecFacts {
	id: string;
	/** holds hosts, hostname and resolv.conf */
	runDirectory: string;
	hostHostname: string;
}

type Config = ImageConfig["config"];

/**
 * Builds config.json.
 * @param image the image's config; undefined with --rootfs
 * @throws Failure (125) if there is no command
 */
export function buildSpec(options: RunOptions, image: Config | undefined, facts: SpecFacts): Spec {
	const hostname = containerHostname(options, facts);
	const own = options.network === "none";
	return {
		ociVersion: "1.2.0",
		hostname,
		process: {
			terminal: options.tty,
			user: { uid: 0, gid: 0 },
			args: programArguments(options, image),
			env: environment(options, image, hostname),
			cwd: workingDirectory(options, image),
			capabilities: {
				bounding: [...defaultCapabilities],
				effective: [...defaultCapabilities],
				permitted: [...defaultCapabilities],
				inheritable: [],
			},
			noNewPrivileges: false,
		},
		root: { path: options.rootfs ?? "rootfs", readonly: options.readOnly },
		mounts: [...KERNEL_MOUNTS, ...providedFiles(facts.runDirectory), ...volumes(options)],
		annotations: {
			...options.annotations,
			[USER_ANNOTATION]: options.user ?? image?.User ?? "",
			[INIT_ANNOTATION]: String(options.init),
			...(image?.StopSignal ? { [STOP_SIGNAL_ANNOTATION]: image.StopSignal } : {}),
		},
		linux: {
			namespaces: [
				{ type: "pid" },
				{ type: "mount" },
				{ type: "uts" },
				{ type: "ipc" },
				...(own ? [{ type: "network" as const }] : []),
				{ type: "cgroup" },
			],
			maskedPaths: MASKED_PATHS,
			readonlyPaths: READONLY_PATHS,
			// A container's own network namespace: any port, and ping without a capability (moby, daemon/oci_linux.go).
			sysctl: own ? { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" } : {},
		},
	};
}

/** The container's host name: with the host's network it is the host's. */
export function containerHostname(options: RunOptions, facts: SpecFacts): string {
	if (options.hostname !== undefined) return options.hostname;
	return options.network === "host" ? facts.hostHostname : facts.id.slice(0, 12);
}

/**
 * Entrypoint and command. A new entrypoint drops the image's command with it.
 * @throws Failure (125) if there is none
 */
export function programArguments(options: RunOptions, image: Config | undefined): string[] {
	const entrypoint = options.entrypoint ?? image?.Entrypoint ?? [];
	const inherited = options.entrypoint?.length ? [] : (image?.Cmd ?? []);
	const args = [...entrypoint, ...(options.command.length > 0 ? options.command : inherited)];
	if (args.length === 0 || args[0] === "") throw new Failure("no command specified", { exitCode: EXIT.refused });
	return args;
}

/** Defaults, then the image's variables, then the user's; a later one of the same name replaces. */
function environment(options: RunOptions, image: Config | undefined, hostname: string): string[] {
	const defaults = [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(options.tty ? ["TERM=xterm"] : [])];
	return mergeVariables(defaults, image?.Env ?? [], options.env);
}

/** Merges lists of `NAME=value`; the place of the first of a name is kept. */
export function mergeVariables(...lists: readonly string[][]): string[] {
	const merged = new Map<string, string>();
	for (const variable of lists.flat()) merged.set(variable.split("=", 1)[0] as string, variable);
	return [...merged.values()];
}

function workingDirectory(options: RunOptions, image: Config | undefined): string {
	const directory = options.workingDirectory || image?.WorkingDir || "/";
	return directory.startsWith("/") ? directory : `/${directory}`;
}

function providedFiles(runDirectory: string): Mount[] {
	return ["resolv.conf", "hostname", "hosts"].map((name) => ({
		destination: `/etc/${name}`,
		type: "bind",
		source: `${runDirectory}/${name}`,
		// Images of whole distributions have /etc/resolv.conf as a link to what is not there.
		options: ["nofollow"],
	}));
}

/** Volumes, parents before what lies in them. */
function volumes(options: RunOptions): Mount[] {
	return options.volumes
		.map(
			(volume): Mount => ({
				destination: volume.target,
				type: "bind",
				source: volume.source,
				options: volume.readOnly ? ["ro"] : [],
			}),
		)
		.sort((a, b) => a.destination.split("/").length - b.destination.split("/").length);
}
