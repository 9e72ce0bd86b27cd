/**
 * The configuration: defaults for flags, from /etc/bunker/config.json and, over
 * it, the user's own. A flag wins over the environment, the environment over
 * both files. Read by the verbs that open the store; a key that nobody knows is
 * an error, since a default that silently does not hold is worse.
 */

import { AT_FDCWD, O_NONBLOCK, O_RDONLY, S_IFMT, S_IFREG } from "../../ffi/constants.ts";
import { close, openIfThere, readToEnd, statusOf } from "../../ffi/file.ts";
import { decodeText } from "../../ffi/text.ts";
import type { LogDriver } from "../container/options.ts";
import { EXIT, Failure } from "../failure.ts";
import { nearest } from "../text/suggestion.ts";

/** Every key of a file, as it is named there. */
export interface Config {
	/** where images and containers are kept */
	root?: string;
	/** where what is true until the next boot is kept */
	"run-root"?: string;
	"log-driver"?: LogDriver;
	/** as --log-opt: `{"max-size": "10m"}` */
	"log-opts"?: Record<string, string>;
	/** as --detach-keys: `ctrl-p,ctrl-q` */
	"detach-keys"?: string;
	/** as --ulimit, by name: `{"nofile": "1024:4096"}` */
	"default-ulimits"?: Record<string, string>;
	/** where subnets of networks are picked from, docker's: `[{"base": "10.200.0.0/16", "size": 24}]` */
	"default-address-pools"?: { base: string; size: number }[];
	/** name servers of containers */
	dns?: string[];
}

type Key = keyof Config;
type Check = { wanted: string; holds: (value: unknown) => boolean };

const text: Check = { wanted: "a string", holds: (value) => typeof value === "string" && value !== "" };
const path: Check = {
	wanted: "an absolute path",
	holds: (value) => typeof value === "string" && value.startsWith("/"),
};
const texts: Check = {
	wanted: "an object of strings",
	holds: (value) =>
		typeof value === "object" &&
		value !== null &&
		!Array.isArray(value) &&
		Object.values(value).every((member) => typeof member === "string"),
};
const pools: Check = {
	wanted: 'a list of pools, {"base": "10.200.0.0/16", "size": 24},',
	holds: (value) =>
		Array.isArray(value) &&
		value.length > 0 &&
		value.every(
			(pool) => typeof pool?.base === "string" && Number.isInteger(pool.size) && Object.keys(pool).length === 2,
		),
};
const list: Check = {
	wanted: "a list of strings",
	holds: (value) => Array.isArray(value) && value.every((member) => typeof member === "string"),
};

/** key → what its value must be; README and `info` show them in this order */
const KEYS: Record<Key, Check> = {
	root: path,
	"run-root": path,
	"log-driver": text,
	"log-opts": texts,
	"detach-keys": text,
	"default-ulimits": texts,
	"default-address-pools": pools,
	dns: list,
};

/** The names of all keys. */
export const configKeys = Object.keys(KEYS) as Key[];

/** Where the files are, the later over the earlier. */
export function configPaths(variables: Readonly<Record<string, string | undefined>> = process.env): string[] {
	const home = variables.HOME ? `${variables.HOME}/.config` : undefined;
	const own = variables.XDG_CONFIG_HOME || home;
	const system = "/etc/bunker/config.json";
	return own?.startsWith("/") ? [system, `${own}/bunker/config.json`] : [system];
}

/**
 * The configuration of this user; empty where there is no file.
 * @throws Failure (125): a file that is not JSON, a key that is unknown, a value of another kind
 */
export function config(): Config {
	let merged: Config = {};
	for (const at of configPaths()) {
		const content = readOwn(at);
		if (content !== undefined) merged = { ...merged, ...parseConfig(at, content) };
	}
	return merged;
}

/** Bytes; a larger file is somebody's mistake. */
const LARGEST = 1 << 20;
const WRITABLE_BY_OTHERS = 0o022;

/** The text of a file that says what root's commands do: only one that nobody else can have written. */
function readOwn(at: string): string | undefined {
	const fd = openIfThere(at, O_RDONLY | O_NONBLOCK, AT_FDCWD);
	if (fd === undefined) return undefined;
	try {
		const { mode, uid } = statusOf(fd);
		if ((mode & S_IFMT) !== S_IFREG) throw wrong(`read ${at}: not a file`);
		if (uid !== 0 && uid !== process.geteuid?.()) throw wrong(`read ${at}: it belongs to another user (${uid})`);
		if (mode & WRITABLE_BY_OTHERS) throw wrong(`read ${at}: others may write it`, `chmod go-w ${at}`);
		return decodeText(readToEnd(fd, `read ${at}`, LARGEST));
	} finally {
		close(fd);
	}
}

/**
 * Checks a file's content.
 * @param at the file's path, for errors
 * @throws Failure (125)
 */
export function parseConfig(at: string, content: string): Config {
	const parsed = parseJson(at, content);
	for (const [key, value] of Object.entries(parsed)) {
		if (!Object.hasOwn(KEYS, key)) throw unknownKey(at, key);
		const { wanted, holds } = KEYS[key as Key];
		if (!holds(value)) throw wrong(`read ${at}: "${key}" is ${JSON.stringify(value)}, and ${wanted} is expected`);
	}
	return parsed as Config;
}

function parseJson(at: string, content: string): object {
	let parsed: unknown;
	try {
		parsed = JSON.parse(content);
	} catch (error) {
		throw wrong(`read ${at}: not JSON: ${(error as Error).message}`);
	}
	if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
	throw wrong(`read ${at}: an object is expected`);
}

function unknownKey(at: string, key: string): Failure {
	const meant = nearest(key, configKeys);
	return wrong(
		`read ${at}: unknown key "${key}"`,
		meant ? `Did you mean "${meant}"?` : `Known: ${configKeys.join(", ")}`,
	);
}

const wrong = (message: string, hint?: string): Failure => new Failure(message, { exitCode: EXIT.refused, hint });

/** `{"nofile": "1024:4096"}` → `["nofile=1024:4096"]`, as --ulimit would be given them. */
export function configuredUlimits(config: Config): string[] {
	return Object.entries(config["default-ulimits"] ?? {}).map(([name, limits]) => `${name}=${limits}`);
}
