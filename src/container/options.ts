/** What a user asks for when a container is made: the flags of `run` and `create`, parsed, not yet merged with the image. */

/** `-v SRC:DST[:ro]`, checked: both absolute. */
export interface VolumeOption {
	source: string;
	target: string;
	readOnly: boolean;
}

export type LogDriver = "local" | "json-file" | "none";

export interface LogOptions {
	driver: LogDriver;
	/** bytes in one file; 0: no rotation */
	maxSize: number;
	/** files in all, at least 1 */
	maxFiles: number;
}

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
	init: boolean;
	readOnly: boolean;
	network: "none" | "host";
	volumes: VolumeOption[];
	log: LogOptions;
}

/** The log without any flag: rotated, unlike docker's (README, compatibility). */
export const defaultLog: LogOptions = { driver: "local", maxSize: 100_000_000, maxFiles: 5 };
