/** What a container has on disk before it starts: its directories, and the files that bunker provides for its /etc. */

import { AT_FDCWD, S_IFDIR } from "../../ffi/constants.ts";
import { makeDirectories, makeDirectory, removeTree } from "../../ffi/directory.ts";
import { readFileIfThere, statusIfThere, typeIfThere, writeFile } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { encodeText } from "../../ffi/text.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { DEFAULT_NETWORK, type Endpoint } from "../network/network.ts";
import { baseDirectory, containerDirectory, layersDirectory, runDirectory } from "../places.ts";
import { donorOf, type Spec } from "../runtime/runtime.ts";
import { hostsText } from "./hosts.ts";
import type { Sources } from "./mount-sources.ts";
import { PROVIDED_OPTION } from "./mounting.ts";
import type { Point, RunOptions } from "./options.ts";
import { needsLook, pointsOf } from "./points.ts";
import { BEHIND_STUB, isStub, type Kind, parseResolvers, type Resolvers, resolversText } from "./resolvers.ts";

const RESOLV_CONF = "/etc/resolv.conf";

const text = (path: string) => new TextDecoder().decode(readFileIfThere(path) ?? new Uint8Array());

/** The host's name. */
export function hostHostname(): string {
	return text("/proc/sys/kernel/hostname").trim();
}

/**
 * Makes the directories of a container; those that are there stay.
 * @returns false if it has written something already, or may have
 * @param top the highest layer of its image, by its name
 */
export function makeDirectoriesOf(store: Store, id: string, top: string | undefined): boolean {
	const directory = containerDirectory(store.places, id);
	makeDirectories(directory, 0o710);
	makeDirectory(`${directory}/work`, 0o711);
	const isNew = makeDirectory(`${directory}/upper`, 0o755);
	if (isNew && top !== undefined) inheritRoot(`${directory}/upper`, `${layersDirectory(store.places)}/${top}`);
	return isNew;
}

const ROOT_MODE = 0o755;

/** Owner and mode of the container's / are the upper directory's, whatever the layers say of it. */
function inheritRoot(upper: string, layer: string): void {
	const { mode, uid, gid } = statusIfThere(layer) ?? { mode: ROOT_MODE, uid: 0, gid: 0 };
	if (uid !== 0 || gid !== 0) call(`change the owner of ${upper}`, "fchownat", AT_FDCWD, upper, uid, gid, 0);
	if ((mode & 0o7777) !== ROOT_MODE) call(`change the mode of ${upper}`, "fchmodat", AT_FDCWD, upper, mode & 0o7777);
}

/** Makes the run directory of a start, empty. */
export function makeRunDirectory(store: Store, id: string): void {
	const run = runDirectory(store.places, id);
	removeTree(run);
	makeDirectories(run, 0o700);
}

/**
 * Makes the base layer once. What every container mounts over comes from it:
 * on a busy ext4 each of these made anew in the upper layer would cost a third
 * of a millisecond, and `diff` would show them. Made in place, the last file
 * last: where a kill has left it half made, the next start goes on.
 */
export function makeBase(store: Store): void {
	const base = baseDirectory(store.places);
	if (statusIfThere(`${base}/etc/${PROVIDED[PROVIDED.length - 1]}`)) return;
	for (const name of ["proc", "sys", "dev", "etc"]) makeDirectories(`${base}/${name}`);
	for (const name of PROVIDED) writeFile(`${base}/etc/${name}`, "");
}

const PROVIDED = ["hosts", "hostname", "resolv.conf"];

/** The host's resolvers, as a container with a network of its own is told of them. */
export function hostResolvers(): Resolvers {
	const resolvers = parseResolvers(RESOLV_CONF, text(RESOLV_CONF));
	return isStub(resolvers) ? parseResolvers(BEHIND_STUB, text(BEHIND_STUB)) : resolvers;
}

/** Whether a container has no IPv6 at all, not even ::1. */
export const lacksIpv6 = ({ sysctls }: RunOptions): boolean =>
	sysctls?.["net.ipv6.conf.all.disable_ipv6"] === "1" ||
	sysctls?.["net.ipv6.conf.lo.disable_ipv6"] === "1" ||
	statusIfThere("/proc/sys/net/ipv6") === undefined;

/** With the host's network it is the host's own, unless --add-host says more: then none of the host's (docker). */
function hosts(options: RunOptions, hostname: string, endpoints: readonly Endpoint[], lines: EtcLines): string {
	const extra = options.extraHosts ? [...options.extraHosts, ...lines.links] : lines.links;
	if (options.network === "host" && extra.length === 0) return text("/etc/hosts");
	const { domainname } = options;
	const { gateways } = lines;
	return hostsText({
		extra,
		gateways,
		addresses: addressesOf(endpoints),
		hostname,
		domainname,
		noIpv6: lacksIpv6(options),
	});
}

/** The addresses of a container, in the order of its networks. */
export function addressesOf(endpoints: readonly Endpoint[]): string[] {
	const found: string[] = [];
	for (const { addresses } of endpoints) for (const { address } of addresses) found.push(address);
	return found;
}

/** Names are answered by us where one of the networks is the user's. */
function resolvers(options: RunOptions, endpoints: readonly Endpoint[]): string {
	if (options.network === "host")
		return resolversText(parseResolvers(RESOLV_CONF, text(RESOLV_CONF)), options, "host", true);
	let kind: Kind = "bridge";
	let ipv6 = false;
	for (const { network, addresses } of endpoints) {
		if (network.name !== DEFAULT_NETWORK) kind = "user";
		for (const { family } of addresses) if (family === 6) ipv6 = true;
	}
	return resolversText(hostResolvers(), options, kind, ipv6);
}

/** What /etc/hosts says besides what the options and networks of a container do. */
export interface EtcLines {
	/** for --add-host NAME:host-gateway */
	gateways: readonly string[];
	/** as --add-host has them */
	links: readonly string[];
}

/**
 * The directory that holds hosts, hostname and resolv.conf of a container.
 * @param donor who has its network; one that has ended, though others are still in there, has none to give
 */
export function namesDirectory(store: Store, id: string, donor: string | undefined): string {
	const theirs = donor === undefined ? undefined : runDirectory(store.places, donor);
	return theirs !== undefined && statusIfThere(`${theirs}/hosts`) ? theirs : runDirectory(store.places, id);
}

/** Writes config.json and the files for /etc, of this start: into the run directory, a tmpfs. */
export function writeFiles(
	store: Store,
	id: string,
	spec: Spec,
	options: RunOptions,
	endpoints: readonly Endpoint[],
	lines: EtcLines,
): void {
	const directory = runDirectory(store.places, id);
	writeFile(`${directory}/hostname`, encodeText(`${spec.hostname}\n`));
	writeFile(`${directory}/hosts`, hosts(options, spec.hostname, endpoints, lines));
	writeFile(`${directory}/resolv.conf`, resolvers(options, endpoints));
	// The last: what is younger was changed since (etc.ts).
	writeFile(`${directory}/config.json`, JSON.stringify(spec));
	if (options.remove) forgetVolatile(store, id);
}

/** A volatile upper refuses to be mounted again while this is there (overlayfs.rst, Volatile mount). */
export function forgetVolatile(store: Store, id: string): void {
	removeTree(`${containerDirectory(store.places, id)}/work/work/incompat/volatile`);
}

/**
 * Looks at the sources of binds: one that is missing is made, as docker does for
 * -v, or refused.
 * @returns those that are directories
 * @throws Failure (125)
 */
function prepareBinds(spec: Pick<Spec, "mounts">, options: RunOptions): Set<string> {
	const directories = new Set<string>();
	for (const { type, source, options: words } of spec.mounts) {
		if (type !== "bind" || words.includes(PROVIDED_OPTION) || donorOf(source)) continue;
		const found = typeIfThere(source, 0);
		if (found === undefined) prepareMissing(source, pointsOf(options));
		if (found === undefined || found === S_IFDIR) directories.add(source);
	}
	return directories;
}

/** What the compiler has to know of the sources of mounts; those that are missing are made, or refused. */
export async function lookAtBinds(
	store: Store,
	spec: Pick<Spec, "mounts">,
	options: RunOptions,
): Promise<{ directories: Set<string> } & Partial<Sources>> {
	const directories = prepareBinds(spec, options);
	if (!needsLook(spec)) return { directories };
	return (await import("./mount-sources.ts")).lookAtSources(store, spec.mounts, directories, { planned: false });
}

function prepareMissing(missing: string, points: readonly Point[]): void {
	const made = points.filter(({ type, create, source }) => type === "bind" && create && source === missing);
	if (made.length > 0) makeSource(missing);
	else
		throw new Failure(`invalid mount config for type "bind": bind source path does not exist: ${missing}`, {
			exitCode: EXIT.refused,
		});
}

function makeSource(source: string): void {
	try {
		makeDirectories(source);
	} catch (error) {
		throw new Failure(`make the volume's source ${source}: ${(error as Error).message}`, {
			exitCode: EXIT.refused,
			cause: error,
		});
	}
}

/** The config.json that a running container was started with. */
export function readSpec(store: Store, id: string): Spec | undefined {
	const bytes = readFileIfThere(`${runDirectory(store.places, id)}/config.json`);
	return bytes && JSON.parse(new TextDecoder().decode(bytes));
}
