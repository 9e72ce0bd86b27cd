/**
 * The part of the OCI runtime-spec's config.json that bunker writes and reads
 * (github.com/opencontainers/runtime-spec, config.md and config-linux.md).
 * Names are the specification's.
 */

export interface Process {
	terminal: boolean;
	/** numeric, as the specification wants it; a name stands in the annotation `bunker.user` until the root is there */
	user: { uid: number; gid: number; additionalGids?: number[] };
	args: string[];
	env: string[];
	cwd: string;
	capabilities: { bounding: string[]; effective: string[]; permitted: string[]; inheritable: string[] };
	noNewPrivileges: boolean;
	/** `RLIMIT_NOFILE`; -1 is no limit, which the specification writes as 2^64-1 */
	rlimits?: { type: string; soft: number; hard: number }[];
	oomScoreAdj?: number;
}

/** Any type that the kernel knows: what a volume's options say. */
export type FileSystem = string & {};

export interface Mount {
	destination: string;
	/** `image` is ours: the root of an image, read-only */
	type: "bind" | "proc" | "sysfs" | "tmpfs" | "devpts" | "mqueue" | "cgroup" | "image" | FileSystem;
	/** of a bind; `container:ID` for that container's /dev/shm; an image's id */
	source: string;
	options: string[];
	/** ours: what is mounted is this directory or file in the source, which no link leads out of */
	subpath?: string;
}

/** A node that is made in /dev. */
export interface Device {
	path: string;
	type: "c" | "b";
	major: number;
	minor: number;
	/** permission bits */
	fileMode: number;
	uid: number;
	gid: number;
}

/** A rule of the device controller; what is missing stands for all. The last rule that fits decides. */
export interface DeviceRule {
	allow: boolean;
	/** a: both kinds */
	type?: "a" | "b" | "c";
	major?: number;
	minor?: number;
	/** of `r` read, `w` write, `m` make a node */
	access?: string;
}

/** A limit on one block device. */
export interface ThrottleDevice {
	major: number;
	minor: number;
	/** bytes, or operations, in a second */
	rate: number;
}

/**
 * What a container may use (config-linux.md, Control groups). Bytes,
 * microseconds; -1 is no limit; what is missing stays as the kernel has it.
 */
export interface Resources {
	devices?: DeviceRule[];
	memory?: {
		limit?: number;
		/** soft limit */
		reservation?: number;
		/** memory and swap together */
		swap?: number;
		/** 0 to 100 */
		swappiness?: number;
		disableOOMKiller?: boolean;
	};
	cpu?: {
		shares?: number;
		/** microseconds in each period */
		quota?: number;
		period?: number;
		realtimeRuntime?: number;
		realtimePeriod?: number;
		cpus?: string;
		mems?: string;
	};
	pids?: { limit: number };
	blockIO?: {
		/** 10 to 1000 */
		weight?: number;
		weightDevice?: { major: number; minor: number; weight: number }[];
		throttleReadBpsDevice?: ThrottleDevice[];
		throttleWriteBpsDevice?: ThrottleDevice[];
		throttleReadIOPSDevice?: ThrottleDevice[];
		throttleWriteIOPSDevice?: ThrottleDevice[];
	};
	hugepageLimits?: { pageSize: string; limit: number }[];
}

export type NamespaceType = "pid" | "mount" | "uts" | "ipc" | "network" | "cgroup";

export interface Spec {
	ociVersion: string;
	hostname: string;
	domainname?: string;
	process: Process;
	root: { path: string; readonly: boolean };
	mounts: Mount[];
	annotations: Record<string, string>;
	linux: {
		/** without a path: a new one; `container:ID` stands for a path that nobody can exchange */
		namespaces: { type: NamespaceType; path?: string }[];
		maskedPaths: string[];
		readonlyPaths: string[];
		/** the nodes of /dev; with `bunker.devices: bound` there are none, and the host's default ones are bound */
		devices: Device[];
		sysctl: Record<string, string>;
		resources?: Resources;
		/** the parent cgroup, and the container's in it; from the root of each hierarchy */
		cgroupsPath?: string;
	};
}

/** The annotation that holds the user as asked for: `uid[:gid]` or names. */
export const USER_ANNOTATION = "bunker.user";
/**
 * The annotation that says `bound` where no device controller keeps the container
 * from opening nodes that it makes: root, binds and /dev are nodev. Else it says
 * `nodes`.
 */
export const DEVICES_ANNOTATION = "bunker.devices";
/** The annotation that says the program runs under our reaper. */
export const INIT_ANNOTATION = "bunker.init";

/** The container of `container:ID`; undefined for any other mode, path or source. */
export function donorOf(mode: string | undefined): string | undefined {
	return mode?.startsWith("container:") ? mode.slice("container:".length) : undefined;
}
