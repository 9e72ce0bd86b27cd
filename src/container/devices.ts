/** The host's device nodes, all of them for --privileged, or those of --device (moby, daemon/pkg/oci/devices_linux.go). */

import { AT_FDCWD, S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT } from "../../ffi/constants.ts";
import { list } from "../../ffi/directory.ts";
import { isType, type Status, statusIfThere } from "../../ffi/file.ts";
import { EXIT, Failure } from "../failure.ts";
import type { Device } from "../runtime/runtime.ts";
import type { DeviceOption } from "./options.ts";

/** The container has its own of these. */
const OWN = ["console", "fd", "mqueue", "ptmx", "pts", "shm", ".lxc", ".lxd-mounts", ".udev"];

/** All nodes below /dev, for --privileged. */
export const hostDevices = (): Device[] => devicesBelow("/dev", OWN);

/** All nodes below a directory, those of its directories too; links are not followed. */
function devicesBelow(directory: string, but: readonly string[]): Device[] {
	return list(directory)
		.filter((name) => !but.includes(name))
		.sort()
		.flatMap((name) => devicesAt(`${directory}/${name}`, but));
}

function devicesAt(path: string, but: readonly string[]): Device[] {
	const status = statusIfThere(path);
	if (status && isType(status, S_IFDIR)) return devicesBelow(path, but);
	const device = status && deviceOf(path, status);
	return device ? [device] : [];
}

function deviceOf(path: string, { mode, rdevMajor: major, rdevMinor: minor, uid, gid }: Status): Device | undefined {
	const type = mode & S_IFMT;
	if (type !== S_IFCHR && type !== S_IFBLK) return undefined;
	return { path, type: type === S_IFCHR ? "c" : "b", major, minor, fileMode: mode & 0o7777, uid, gid };
}

/** A node that was asked for. */
export interface Gathered extends Device {
	/** its path on the host */
	host: string;
	/** what may be done with it: of r, w and m */
	access: string;
}

/**
 * The nodes that --device names; a link is followed, of a directory it is all below it.
 * @throws Failure (125) where there is none
 */
export function gatherDevices(asked: readonly DeviceOption[]): Gathered[] {
	return asked.flatMap(({ host, path, access }) => {
		const status = statusIfThere(host, AT_FDCWD, 0);
		const device = status && deviceOf(host, status);
		const found = device ? [device] : status && isType(status, S_IFDIR) ? devicesBelow(host, []) : [];
		if (found.length > 0)
			return found.map((one) => ({ ...one, path: `${path}${one.path.slice(host.length)}`, host: one.path, access }));
		const why = status === undefined ? "no such file or directory" : "not a device node";
		throw new Failure(`gather information of the device ${host}: ${why}`, { exitCode: EXIT.refused });
	});
}
