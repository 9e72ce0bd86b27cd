/** What a user asks for when a container is made: the flags of `run` and `create`, parsed, not yet merged with the image. */

import type { EndpointOption, PublishOption } from "../network/network.ts";

/** What is below the source of a bind: left out; writable though the rest is not; surely read-only, or there is no start. */
export type Recursive = "disabled" | "writable" | "readonly";

export type Propagation = "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave";

/** `-v [SRC:]DST[:MODE]`, checked: paths are absolute. */
export interface VolumeOption {
	/** a path of the host, made where it is missing; with `named` a volume's name, "" for one of its own */
	source: string;
	target: string;
	readOnly: boolean;
	/** it is a volume */
	named?: true;
	/** as typed, without what follows from it: `ro,z` */
	mode?: string;
	propagation?: Propagation;
	/** a volume is not filled from the image */
	noCopy?: true;
	/** all of it as docker shows it, where that is not what the rest says: `/a/../b:/c` */
	typed?: string;
}

/** `--mount`, checked: paths are absolute. What was not given is undefined. */
export interface MountOption {
	type: "bind" | "volume" | "tmpfs" | "image";
	/** a path of the host, which must be there; a volume's name, undefined for one of its own; an image */
	source?: string;
	target: string;
	readOnly?: boolean;
	/** of a bind */
	propagation?: Propagation;
	recursive?: Recursive;
	/** a bind's source is made where it is missing */
	create?: true;
	/** a volume is not filled from the image */
	noCopy?: true;
	/** of a volume or image: the directory in it that is shown */
	subpath?: string;
	/** what a volume that has to be made is made with */
	labels?: Record<string, string>;
	driverOptions?: Record<string, string>;
	/** `local` */
	driver?: string;
	/** of a tmpfs: bytes, permission bits */
	size?: number;
	mode?: number;
	/** docker's, of macOS: shown, and without effect */
	consistency?: string;
	/** paths as docker shows them, where that is not what they come to: `/a/../b` */
	typed?: { source?: string; target?: string };
}

/**
 * Something that is mounted in a container for its user: what the options,
 * the image and other containers (--volumes-from) come to, settled once, when
 * the container is made.
 */
export interface Point {
	type: "bind" | "volume" | "tmpfs" | "image";
	/** a path of the host; a volume's name; an image's id; "" for a tmpfs */
	source: string;
	target: string;
	readOnly: boolean;
	/** docker's: the mode of -v as typed, or what docker says in its place */
	mode: string;
	propagation?: Propagation;
	recursive?: Recursive;
	/** a source that is missing is made */
	create?: true;
	noCopy?: true;
	subpath?: string;
	/** the volume has no name of the user's: it goes with `rm -v` and `run --rm` */
	anonymous?: true;
	/** of a tmpfs */
	options?: string[];
}

export type LogDriver = "local" | "json-file" | "none";

export interface LogOptions {
	driver: LogDriver;
	/** bytes in one file; 0: no rotation */
	maxSize: number;
	/** files in all, at least 1 */
	maxFiles: number;
	/** names of labels that go with each line */
	labels?: string[];
	/** docker's template of the tag that goes with each line: `{{.Name}}` */
	tag?: string;
}

/** `--ulimit NAME=SOFT[:HARD]`; -1 is no limit. */
export interface UlimitOption {
	/** as docker names it: `nofile` */
	name: string;
	soft: number;
	hard: number;
}

/** `--restart`. */
export interface RestartPolicy {
	name: "no" | "on-failure" | "always" | "unless-stopped";
	/** of on-failure; 0: without end */
	maximumRetries: number;
}

/** `--health-*`, each over what the image says; durations in nanoseconds, 0 or missing: the default. */
export interface HealthOptions {
	/** `["CMD-SHELL", line]`, `["CMD", …]`, or `["NONE"]` for --no-healthcheck */
	test?: string[];
	interval?: number;
	timeout?: number;
	startPeriod?: number;
	startInterval?: number;
	retries?: number;
}

/** A block device of the host, and what a container gets of it. */
export interface WeightOption {
	/** in /dev */
	path: string;
	/** 10 to 1000; 0: none of its own */
	weight: number;
}

export interface RateOption {
	path: string;
	/** bytes, or operations, in a second; 0: no limit */
	rate: number;
}

/** Bytes of huge pages of one size. */
export interface HugePageOption {
	/** bytes */
	pageSize: number;
	limit: number;
}

/** A device of the host, or a directory of such, and where it is in the container. */
export interface DeviceOption {
	/** as typed: a path of the host */
	host: string;
	path: string;
	/** of r, w and m: what the device controller allows */
	access: string;
}

/** What a container may use, in docker's terms: only what was given. Bytes, microseconds. */
export interface Limits {
	memory?: number;
	memoryReservation?: number;
	/** memory and swap together; -1: no limit */
	memorySwap?: number;
	/** 0 to 100 */
	memorySwappiness?: number;
	oomKillDisable?: boolean;
	/** CPUs, in billionths */
	nanoCpus?: number;
	cpuShares?: number;
	cpuPeriod?: number;
	/** negative: no limit */
	cpuQuota?: number;
	cpuRealtimePeriod?: number;
	cpuRealtimeRuntime?: number;
	/** `0-2,4` */
	cpusetCpus?: string;
	cpusetMems?: string;
	/** 0: none, where `update` has taken one away */
	pidsLimit?: number;
	/** 10 to 1000 */
	blkioWeight?: number;
	blkioWeightDevice?: WeightOption[];
	blkioDeviceReadBps?: RateOption[];
	blkioDeviceWriteBps?: RateOption[];
	blkioDeviceReadIOps?: RateOption[];
	blkioDeviceWriteIOps?: RateOption[];
	/** docker has no flag for it; OCI's hugepageLimits */
	hugePages?: HugePageOption[];
}

/**
 * As stored in the container's row: what a flag that came later adds is optional,
 * so that the rows of an older bunker stay right.
 */
export interface RunOptions {
	/** the reference as typed; undefined with `rootfs` */
	image?: string;
	/** a directory that is the root file system, used as it is */
	rootfs?: string;
	/** what follows the image */
	command: string[];
	/** `--entrypoint`: replaces the image's, and its command with it; `[]` for `--entrypoint ""` */
	entrypoint?: string[];
	name?: string;
	/** `-e`: `NAME=value`, or `NAME` to pass on the caller's (dropped where the caller has none) */
	env: string[];
	workingDirectory?: string;
	user?: string;
	hostname?: string;
	interactive: boolean;
	tty: boolean;
	detach: boolean;
	/** `--rm` */
	remove: boolean;
	/** made by `create`: with --rm it waits for its start, and is not what a killed `run` has left */
	waits?: boolean;
	init: boolean;
	readOnly: boolean;
	/** docker's NetworkMode: `bridge`, `none`, `host`, `container:ID`, or the first network as typed */
	network: string;
	/** what it asks of its networks, when it is made; undefined: nothing but to be on `network` */
	networks?: EndpointOption[];
	publish?: PublishOption[];
	/** `-P`: every exposed port, at one that the kernel picks */
	publishAll?: boolean;
	/** `-v` */
	volumes: VolumeOption[];
	/** `--mount` */
	mounts?: MountOption[];
	/** `--volumes-from`, as typed: `NAME[:ro|rw]` */
	volumesFrom?: string[];
	/** `--volume-driver`, of volumes that have to be made */
	volumeDriver?: string;
	/** its volumes have not got yet what its image has there: its bunker is at it, or was killed */
	unfilled?: true;
	/** what they come to; undefined: nothing but -v with paths, and --tmpfs (points.ts) */
	points?: Point[];
	log: LogOptions;
	/** of the flags alone; the image's join them when they are shown */
	labels?: Record<string, string>;
	annotations?: Record<string, string>;
	/** `SIGTERM`, `TERM` or a number, as typed */
	stopSignal?: string;
	/** seconds; -1: for ever */
	stopTimeout?: number;
	restart?: RestartPolicy;
	health?: HealthOptions;
	/** `--tmpfs TARGET[:OPTIONS]` */
	tmpfs?: { target: string; options: string }[];
	ulimits?: UlimitOption[];
	/** bytes */
	shmSize?: number;
	domainname?: string;
	/** name servers, instead of the host's */
	dns?: string[];
	dnsSearch?: string[];
	dnsOptions?: string[];
	/** `HOST:IP` */
	extraHosts?: string[];
	/** `--group-add`: names or numbers */
	groups?: string[];
	/** modes as docker has them: `private`, `host`, `shareable`, `none`, `container:ID` */
	ipc?: string;
	pid?: string;
	uts?: string;
	cgroupns?: string;
	sysctls?: Record<string, string>;
	oomScoreAdj?: number;
	/** as typed: `NET_ADMIN`, `CAP_NET_ADMIN`, `ALL` */
	capAdd?: string[];
	capDrop?: string[];
	privileged?: boolean;
	noNewPrivileges?: boolean;
	/** `80/tcp`, for listings */
	expose?: string[];
	platform?: string;
	/** `-a`: what the CLI is attached to; undefined: what -i, -t and -d say */
	attach?: ("stdin" | "stdout" | "stderr")[];
	/** `--detach-keys`, as typed */
	detachKeys?: string;
	/** `--cidfile`, as typed: for inspect */
	idFile?: string;
	/** `--sig-proxy=false` */
	noSignalProxy?: boolean;
	limits?: Limits;
	/** `--cgroup-parent`, as typed */
	cgroupParent?: string;
	/** `--device-cgroup-rule`, as typed: `c 10:* rw` */
	deviceRules?: string[];
	/** `--device` */
	devices?: DeviceOption[];
	/** `--storage-opt`: as typed, for inspect, and in bytes (0: no limit) */
	storage?: { typed: Record<string, string>; size: number };
}

/** The log without any flag: rotated, unlike docker's (README, compatibility). */
export const defaultLog: LogOptions = { driver: "local", maxSize: 100_000_000, maxFiles: 5 };
