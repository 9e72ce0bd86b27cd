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

export interface Mount {
	destination: string;
	type: "bind" | "proc" | "sysfs" | "tmpfs" | "devpts" | "mqueue";
	/** of a bind; `container:ID` for that container's /dev/shm */
	source: string;
	options: string[];
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
		/** beside the default ones, which are the host's own, bound; with `bunker.devices: all` these are all */
		devices: Device[];
		sysctl: Record<string, string>;
	};
}

/** The annotation that holds the user as asked for: `uid[:gid]` or names. */
export const USER_ANNOTATION = "bunker.user";
/** The annotation that says `all` where device nodes can be opened: root, binds and /dev are not nodev. */
export const DEVICES_ANNOTATION = "bunker.devices";
/** The annotation that says the program runs under our reaper. */
export const INIT_ANNOTATION = "bunker.init";
