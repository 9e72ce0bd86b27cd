/** Where things are kept: the only module that knows the names of our directories. */

import { variable } from "./environment.ts";

/** The two roots; everything else is below them. */
export interface Places {
	/** kept: database, blobs, layers, containers */
	root: string;
	/** until the next boot: sockets, state and record files */
	runRoot: string;
}

const DEFAULT_PLACES: Places = { root: "/var/lib/bunker", runRoot: "/run/bunker" };

/**
 * The places: from the flags, else the environment, else the configuration, else the defaults.
 * @param flags --root and --run-root
 */
export function places(flags: Partial<Places>, configured: Partial<Places>): Places {
	return {
		root: flags.root ?? variable("BUNKER_ROOT") ?? configured.root ?? DEFAULT_PLACES.root,
		runRoot: flags.runRoot ?? variable("BUNKER_RUN_ROOT") ?? configured.runRoot ?? DEFAULT_PLACES.runRoot,
	};
}

/** True for the root of a host's one engine: what it makes may have plain names. */
export const isStandard = (at: Places): boolean => at.root === DEFAULT_PLACES.root;

export const databasePath = (at: Places): string => `${at.root}/bunker.db`;
/** OCI image layout: blobs/sha256/HEX */
export const blobsDirectory = (at: Places): string => `${at.root}/blobs/sha256`;
/** unpacked layers, each the directory that overlay takes as a lower */
export const layersDirectory = (at: Places): string => `${at.root}/layers`;
/** the layer below all others: empty directories and files that every container mounts something over */
export const baseDirectory = (at: Places): string => `${at.root}/base`;
/** directories of volumes, by name */
export const volumesDirectory = (at: Places): string => `${at.root}/volumes`;
export const volumeDirectory = (at: Places, name: string): string => `${volumesDirectory(at)}/${name}`;
/** in it, what is mounted of it */
export const CONTENT = "_data";
export const volumeContent = (at: Places, name: string): string => `${volumeDirectory(at, name)}/${CONTENT}`;
/** what is being made, renamed when it is whole; whatever is old here is garbage */
export const temporaryDirectory = (at: Places): string => `${at.root}/tmp`;
/** how the names begin, there, of what is being removed: it went out of the way by one rename */
export const GRAVE = "removed-";
/** where what was called `name` lies until it is gone; after a kill `ps` and the next removal clear it */
export const gravePath = (at: Places, name: string): string => `${temporaryDirectory(at)}/${GRAVE}${name}`;
/** upper, work, and the log */
export const containerDirectory = (at: Places, id: string): string => `${at.root}/containers/${id}`;
/** of the log in there, as docker names it for json-file */
export const logName = (id: string, driver: string): string =>
	driver === "json-file" ? `${id}-json.log` : "local.log";
/** of a started container: config.json, hosts, hostname, resolv.conf, and the monitor's state and record */
export const runDirectory = (at: Places, id: string): string => `${at.runRoot}/containers/${id}`;
/** touched by whoever has made an event; there once somebody has listened */
export const eventsPath = (at: Places): string => `${at.runRoot}/events`;
/** PID-START-ID of monitors whose container has a restart policy: what every command looks after */
export const watchedDirectory = (at: Places): string => `${at.runRoot}/watched`;
/** which state of the firewall was right when we last looked */
export const firewallPath = (at: Places): string => `${at.runRoot}/firewall`;
/** operation locks, by container */
export const locksDirectory = (at: Places): string => `${at.runRoot}/locks`;
/** named like bridges whose networks are being removed, each with the network in it: what a kill leaves of them is removed later */
export const goingBridgesDirectory = (at: Places): string => `${at.runRoot}/bridges`;
/** by container that was killed: published UDP ports whose conversations nobody has forgotten yet */
export const flowsDirectory = (at: Places): string => `${at.runRoot}/flows`;
/** of name resolvers: their lock, and by network's id the socket that containers are handed over by, and what was said */
export const resolversDirectory = (at: Places): string => `${at.runRoot}/names`;
