/** What is mounted in a container, in the order in which it is. Pure. */

import type { Mount } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";

/** Until the device controller exists, nodev wherever docker has none: /dev too. */
function kernelMounts({ privileged }: RunOptions): Mount[] {
	return [
		{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
		{
			destination: "/dev",
			type: "tmpfs",
			source: "tmpfs",
			options: ["nosuid", ...(privileged ? [] : ["nodev"]), "size=65536k", "mode=755"],
		},
		{
			destination: "/dev/pts",
			type: "devpts",
			source: "devpts",
			options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
		},
		{
			destination: "/sys",
			type: "sysfs",
			source: "sysfs",
			options: ["nosuid", "noexec", "nodev", ...(privileged ? [] : ["ro"])],
		},
		{ destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
		{
			destination: "/dev/shm",
			type: "tmpfs",
			source: "shm",
			options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
		},
	];
}

/**
 * The mounts of a container: those of the kernel, the files that bunker
 * provides, then what the user asked for, parents before what lies in them.
 * @param runDirectory holds hosts, hostname and resolv.conf
 */
export function mountsOf(options: RunOptions, runDirectory: string): Mount[] {
	const asked = volumes(options).sort((a, b) => depth(a) - depth(b));
	return [...kernelMounts(options), ...providedFiles(runDirectory), ...asked];
}

const depth = (mount: Mount): number => mount.destination.split("/").length;

function providedFiles(runDirectory: string): Mount[] {
	return ["resolv.conf", "hostname", "hosts"].map((name) => ({
		destination: `/etc/${name}`,
		type: "bind",
		source: `${runDirectory}/${name}`,
		// Images of whole distributions have /etc/resolv.conf as a link to what is not there.
		options: ["nofollow"],
	}));
}

function volumes(options: RunOptions): Mount[] {
	return options.volumes.map((volume) => ({
		destination: volume.target,
		type: "bind",
		source: volume.source,
		options: volume.readOnly ? ["ro"] : [],
	}));
}
