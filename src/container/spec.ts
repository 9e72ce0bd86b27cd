/**
 * Options and image config → config.json, as docker merges them
 * (moby: daemon/commit.go merge, daemon/container_unix.go, oci/defaults.go). Pure.
 */

import {
	DEVICES_ANNOTATION,
	type Device,
	donorOf,
	INIT_ANNOTATION,
	type Mount,
	type Process,
	type Resources,
	type Spec,
	USER_ANNOTATION,
} from "../runtime/runtime.ts";
import type { Source } from "../volume/volume.ts";
import { cgroupPath } from "./cgroups.ts";
import { deviceRulesOf } from "./device-rules.ts";
import type { Gathered } from "./devices.ts";
import { checkOf, HEALTH_ANNOTATION, mergeHealth } from "./health.ts";
import { mountsOf } from "./mounting.ts";
import { namespacesOf } from "./namespaces.ts";
import type { RunOptions, UlimitOption } from "./options.ts";
import { capabilitySets, protectedPaths } from "./privileges.ts";
import { type Config, environment, programArguments, workingDirectory } from "./program.ts";
import { STOP_SIGNAL_ANNOTATION } from "./signals.ts";

/** In a network namespace of its own: any port, and ping without a capability (moby, daemon/oci_linux.go). */
const OWN_NETWORK = { "net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647" };

/** What the host adds. What is a function is asked only where it matters. */
export interface SpecFacts {
	id: string;
	/** holds hosts, hostname and resolv.conf */
	runDirectory: string;
	/** where a volume's content is */
	content: (volume: string) => Source;
	hostHostname: string;
	/** who has the network, with `--network container:ID` */
	donor?: { id: string; options: RunOptions };
	/** names of the capabilities that bunker has, and may give */
	capabilities: () => readonly string[];
	/** the host's device nodes */
	devices: () => Device[];
	/** those that --device names */
	gathered?: readonly Gathered[];
	/** there is a device controller, so that nodes can be there */
	controlsDevices: boolean;
	/** variables of containers that it is linked to */
	linked?: readonly string[];
	/** what limits ask for; undefined where there are none */
	resources?: Resources;
}

/**
 * Builds config.json.
 * @param image the image's config; undefined with --rootfs
 * @throws Failure (125) if there is no command, or a capability that bunker cannot give
 */
export function buildSpec(options: RunOptions, image: Config, facts: SpecFacts): Spec {
	const hostname = containerHostname(options, facts);
	const { domainname } = facts.donor?.options ?? options;
	const own = options.network !== "host" && donorOf(options.network) === undefined;
	const nodes = options.privileged || facts.controlsDevices;
	return {
		ociVersion: "1.2.0",
		hostname,
		...(domainname !== undefined && { domainname }),
		process: processOf(options, image, facts, hostname),
		root: { path: options.rootfs ?? "rootfs", readonly: options.readOnly },
		mounts: [...mountsOf(options, facts, nodes), ...(nodes ? [] : boundDevices(facts.gathered))],
		annotations: annotations(options, image, nodes),
		linux: {
			namespaces: namespacesOf(options),
			...protectedPaths(options),
			devices: nodes ? nodesOf(options.privileged ? facts.devices() : DEFAULT_DEVICES, facts.gathered) : [],
			sysctl: { ...(own ? OWN_NETWORK : {}), ...options.sysctls },
			cgroupsPath: cgroupPath(facts.id, options.cgroupParent),
			...resources(options, facts),
		},
	};
}

/** Limits, and rules of devices where these can be. */
function resources(
	options: RunOptions,
	{ controlsDevices, gathered = [], resources: limits }: SpecFacts,
): { resources?: Resources } {
	const devices = (controlsDevices || options.deviceRules) && { devices: deviceRulesOf(options, gathered) };
	return limits || devices ? { resources: { ...devices, ...limits } } : {};
}

/** runtime-spec, config-linux.md, Default Devices; /dev/console comes with the terminal. */
const DEFAULT_DEVICES: Device[] = (
	[
		["null", 1, 3],
		["zero", 1, 5],
		["full", 1, 7],
		["random", 1, 8],
		["urandom", 1, 9],
		["tty", 5, 0],
	] as const
).map(([name, major, minor]) => ({ path: `/dev/${name}`, type: "c", major, minor, fileMode: 0o666, uid: 0, gid: 0 }));

/** With those that were asked for, which come before others of the same path. */
function nodesOf(devices: readonly Device[], gathered: readonly Gathered[] = []): Device[] {
	if (gathered.length === 0) return [...devices];
	const byPath = new Map<string, Device>();
	for (const device of devices) byPath.set(device.path, device);
	for (const { host: _host, access: _access, ...device } of gathered) byPath.set(device.path, device);
	return [...byPath.values()];
}

/** Where a container can have no nodes of its own: the host's, which can be opened all the same. */
const boundDevices = (gathered: readonly Gathered[] = []): Mount[] =>
	gathered.map(({ host, path }) => ({
		destination: path,
		type: "bind",
		source: host,
		options: ["bind", "rprivate", "dev"],
	}));

function processOf(options: RunOptions, image: Config, facts: SpecFacts, hostname: string): Process {
	return {
		terminal: options.tty,
		user: { uid: 0, gid: 0 },
		args: programArguments(options, image),
		env: environment(options, image, hostname, facts.linked),
		cwd: workingDirectory(options, image),
		capabilities: capabilitySets(options, facts.capabilities),
		noNewPrivileges: options.noNewPrivileges ?? false,
		...(options.ulimits && { rlimits: options.ulimits.map(rlimit) }),
		...(options.oomScoreAdj !== undefined && { oomScoreAdj: options.oomScoreAdj }),
	};
}

const rlimit = ({ name, soft, hard }: UlimitOption) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft, hard });

/** What bunker itself reads comes last, whatever the user's say, and is always there. */
function annotations(options: RunOptions, image: Config, nodes: boolean): Record<string, string> {
	return {
		...options.annotations,
		[USER_ANNOTATION]: options.user ?? image?.User ?? "",
		[INIT_ANNOTATION]: String(options.init),
		[HEALTH_ANNOTATION]: healthAnnotation(options, image),
		[DEVICES_ANNOTATION]: nodes ? "nodes" : "bound",
		[STOP_SIGNAL_ANNOTATION]: options.stopSignal ?? (image?.StopSignal || "SIGTERM"),
	};
}

function healthAnnotation({ health }: RunOptions, image: Config): string {
	const check = checkOf(mergeHealth(health, image?.Healthcheck), image?.Shell);
	return check ? JSON.stringify(check) : "";
}

/** The container's host name: with the host's network or UTS namespace it is the host's, with another container's network that one's. */
export function containerHostname(
	options: RunOptions,
	facts: Pick<SpecFacts, "id" | "hostHostname" | "donor">,
): string {
	if (facts.donor) return containerHostname(facts.donor.options, { ...facts, ...facts.donor, donor: undefined });
	if (options.hostname !== undefined) return options.hostname;
	return options.network === "host" || options.uts === "host" ? facts.hostHostname : facts.id.slice(0, 12);
}
