/** What a container has on disk before it starts: its directories, and the files that bunker provides for its /etc. */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { isDirectory, makeDirectories, makeDirectory, removeTree } from "../../ffi/directory.ts";
import { readFileIfThere, statusIfThere, writeFile } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { encodeText } from "../../ffi/text.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { baseDirectory, containerDirectory, layersDirectory, runDirectory } from "../places.ts";
import { donorOf, type Spec } from "../runtime/runtime.ts";
import { PROVIDED_OPTION } from "./mounting.ts";
import type { RunOptions } from "./options.ts";

const LOOPBACK_HOSTS = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::	ip6-localnet
ff00::	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`;

const text = (path: string) => new TextDecoder().decode(readFileIfThere(path) ?? new Uint8Array());

/** The host's name. */
export function hostHostname(): string {
	return text("/proc/sys/kernel/hostname").trim();
}

/**
 * Makes the directories of a container; those that are there stay.
 * @param top the highest layer of its image, by its name
 */
export function makeDirectoriesOf(store: Store, id: string, top: string | undefined): void {
	const directory = containerDirectory(store.places, id);
	makeDirectories(directory, 0o710);
	makeDirectory(`${directory}/work`, 0o711);
	if (makeDirectory(`${directory}/upper`, 0o755) && top !== undefined)
		inheritRoot(`${directory}/upper`, `${layersDirectory(store.places)}/${top}`);
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

/** The host's names with the host's network, else the loopback's; then what --add-host says. */
function hosts({ network, extraHosts = [] }: RunOptions): Uint8Array {
	const known = network === "host" ? text("/etc/hosts") : LOOPBACK_HOSTS;
	const added = extraHosts.map((host) => {
		const colon = host.indexOf(":");
		return `${host.slice(colon + 1)}\t${host.slice(0, colon)}\n`;
	});
	const separator = known === "" || known.endsWith("\n") ? "" : "\n";
	return encodeText(added.length === 0 ? known : `${known}${separator}${added.join("")}`);
}

/** The host's, or those that are configured, with the rest of what the host's says. */
function resolvers({ dns }: RunOptions): Uint8Array {
	const known = text("/etc/resolv.conf");
	if (!dns) return encodeText(known);
	const rest = known.split("\n").filter((line) => line !== "" && !/^\s*nameserver\b/.test(line));
	return encodeText([...dns.map((address) => `nameserver ${address}`), ...rest].map((line) => `${line}\n`).join(""));
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
export function writeFiles(store: Store, id: string, spec: Spec, options: RunOptions): void {
	const directory = runDirectory(store.places, id);
	writeFile(`${directory}/config.json`, JSON.stringify(spec));
	writeFile(`${directory}/hostname`, encodeText(`${spec.hostname}\n`));
	writeFile(`${directory}/hosts`, hosts(options));
	writeFile(`${directory}/resolv.conf`, resolvers(options));
	// A volatile upper refuses to be mounted again while this is there (overlayfs.rst, Volatile mount).
	if (options.remove) removeTree(`${containerDirectory(store.places, id)}/work/work/incompat/volatile`);
}

/**
 * Makes sources of volumes that are missing, as docker does for -v, and tells
 * which binds are directories.
 */
export function prepareVolumes(spec: Spec): Set<string> {
	const directories = new Set<string>();
	for (const mount of spec.mounts) {
		if (mount.type !== "bind" || mount.options.includes(PROVIDED_OPTION) || donorOf(mount.source)) continue;
		try {
			makeDirectories(mount.source);
		} catch (error) {
			throw new Failure(`make the volume's source ${mount.source}: ${(error as Error).message}`, {
				exitCode: EXIT.refused,
				cause: error,
			});
		}
		if (isDirectory(mount.source)) directories.add(mount.source);
	}
	return directories;
}

/** The config.json that a running container was started with. */
export function readSpec(store: Store, id: string): Spec | undefined {
	const bytes = readFileIfThere(`${runDirectory(store.places, id)}/config.json`);
	return bytes && JSON.parse(new TextDecoder().decode(bytes));
}
