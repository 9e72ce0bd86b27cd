/** The flags that say what a container is to be, and what they mean: RunOptions. */

import { defaultLog, type LogOptions, type RunOptions } from "../container/options.ts";
import { Failure } from "../failure.ts";
import { absolute } from "../text/path.ts";
import { detachKeysFlag, parseAttach, parseDetachKeys, signalProxyFlag } from "./attaching.ts";
import { type Config, configuredUlimits } from "./config.ts";
import { checkConflicts } from "./conflicts.ts";
import { bool, list, string, type Values } from "./flags.ts";
import { healthFlags, parseHealth } from "./health.ts";
import { hostFlags, parseHosts } from "./hosts.ts";
import { labelFlags, parseAnnotations, parseLabels } from "./labels.ts";
import { DRIVERS, parseLog } from "./logging.ts";
import { checkMachine, machineFlags } from "./machine.ts";
import { namespaceFlags, parseNamespaces } from "./namespaces.ts";
import { type NetworkOptions, networkFlags, plainNetwork } from "./networks.ts";
import { parsePrivileges, privilegeFlags } from "./privileges.ts";
import { parseProcesses, processFlags } from "./processes.ts";
import { limitsResources, resourceFlags } from "./resources.ts";
import { parseRestart } from "./restarting.ts";
import { parseStopping, stopFlags } from "./stopping.ts";
import { parseTmpfs, tmpfsFlags } from "./tmpfs.ts";
import { helpHint, malformed } from "./usage.ts";
import { parseVariables, variableFlags } from "./variables.ts";
import { readVolumes, volumeFlags } from "./volumes.ts";

/** What `run` and `create` have in common. */
export const createFlags = {
	...healthFlags,
	...hostFlags,
	...labelFlags,
	...machineFlags,
	...namespaceFlags,
	...networkFlags,
	...privilegeFlags,
	...processFlags,
	...resourceFlags,
	...stopFlags,
	...tmpfsFlags,
	...variableFlags,
	...volumeFlags,
	attach: list("a", "attach to STDIN, STDOUT or STDERR alone", { standard: "all, without -d" }),
	cidfile: string("", "write the container's id to this new file", { completes: "file" }),
	entrypoint: string("", "run this instead of the image's entrypoint"),
	init: bool("", "run a tiny reaper as PID 1, the program as its child"),
	interactive: bool("i", "keep stdin open"),
	"log-driver": string("", "local, json-file or none", { standard: "local", completes: DRIVERS }),
	"log-opt": list("", "an option of the log: max-size=SIZE, max-file=COUNT, labels=NAMES, tag=TEXT", {
		standard: "max-size=100m, max-file=5",
	}),
	name: string("", "name the container"),
	"read-only": bool("", "make the container's root read-only"),
	restart: string("", "no, on-failure[:RETRIES], always or unless-stopped: start again what has ended", {
		standard: "no",
		completes: ["no", "on-failure", "always", "unless-stopped"],
	}),
	rm: bool("", "remove the container when it ends"),
	rootfs: string("", "run in this directory, used as it is, instead of an image", { completes: "directory" }),
	"storage-opt": list("", "size=SIZE: the most that the container may write on top of its image: size=10G"),
	tty: bool("t", "give the program a terminal"),
	user: string("u", "run as NAME|UID[:GROUP|GID]"),
	workdir: string("w", "the working directory in the container"),
};

export const runFlags = {
	...createFlags,
	detach: bool("d", "run in the background and print the container's id"),
	"detach-keys": detachKeysFlag,
	explain: bool("", "print the plan, every step with its reason, and do nothing"),
	"sig-proxy": signalProxyFlag,
};

type CreateValues = Values<typeof createFlags> & Partial<Values<typeof runFlags>>;

/**
 * Flags and operands of `run` or `create` → what the container is to be. An empty value is
 * none, as docker has it, save for the entrypoint, which it takes away.
 * @param config what holds where a flag is not given
 * @throws Failure: 125; 1 where the image is missing
 */
export async function runOptions(
	verb: "run" | "create",
	values: CreateValues,
	operands: readonly string[],
	config: Config,
): Promise<RunOptions> {
	const { image, command } = target(verb, values.rootfs, operands);
	const options: RunOptions = {
		image,
		rootfs: values.rootfs && absolute(values.rootfs),
		command,
		entrypoint: values.entrypoint === undefined ? undefined : [values.entrypoint].filter(Boolean),
		name: values.name || undefined,
		env: await parseVariables(values),
		labels: parseLabels(values),
		annotations: parseAnnotations(values.annotation),
		dns: config.dns,
		...parseHosts(values),
		...(await readNetworks(values)),
		...parseProcesses(values, configuredUlimits(config)),
		...checkMachine(values),
		...parsePrivileges(values),
		...parseNamespaces(values),
		...(await parseStopping(values)),
		...parseTmpfs(values),
		...(values["storage-opt"].length > 0 && (await import("./storage.ts")).readStorage(values)),
		...(limitsResources(values) && (await (await import("./resource-values.ts")).readResources(values))),
		workingDirectory: parseDirectory(values.workdir),
		user: values.user || undefined,
		interactive: values.interactive,
		tty: values.tty,
		detach: values.detach ?? false,
		remove: values.rm,
		health: parseHealth(values),
		restart: parseRestart(values.restart, { remove: values.rm }),
		init: values.init,
		readOnly: values["read-only"],
		...(await readVolumes(values)),
		log: configuredLog(values["log-driver"], values["log-opt"], config),
		idFile: values.cidfile || undefined,
		attach: parseAttach(values.attach, values.detach ?? false),
		detachKeys: parseDetachKeys(values["detach-keys"], config["detach-keys"]),
		noSignalProxy: values["sig-proxy"] === false ? true : undefined,
	};
	checkConflicts(options);
	return options;
}

async function readNetworks(values: CreateValues): Promise<NetworkOptions> {
	const network = plainNetwork(values);
	return network ? { network } : await (await import("./network-values.ts")).readNetworks(values);
}

/** The options of the configuration are those of its driver: with another they do not hold. */
function configuredLog(driver: string | undefined, options: readonly string[], config: Config): LogOptions {
	const configured = config["log-driver"] ?? defaultLog.driver;
	const own = driver && driver !== configured ? [] : Object.entries(config["log-opts"] ?? {});
	return parseLog(driver || configured, [...own.map(([name, value]) => `${name}=${value}`), ...options]);
}

function target(
	verb: string,
	rootfs: string | undefined,
	operands: readonly string[],
): { image?: string; command: string[] } {
	if (rootfs === "") throw malformed('--rootfs "": a directory is expected');
	if (rootfs !== undefined) return { command: [...operands] };
	const [image, ...command] = operands;
	if (image === undefined) throw new Failure(`'bunker ${verb}' requires at least 1 argument`, { hint: helpHint(verb) });
	return { image, command };
}

/** A directory in the container; docker takes absolute ones only. */
function parseDirectory(directory: string | undefined): string | undefined {
	if (!directory) return undefined;
	if (directory.startsWith("/")) return directory;
	throw malformed(`the working directory "${directory}" is invalid: it needs to be an absolute path`);
}
