/** The host's device nodes, for --privileged (moby, daemon/pkg/oci/devices_linux.go, HostDevices). */

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT } from "../../ffi/constants.ts";
import { list } from "../../ffi/directory.ts";
import { statusIfThere } from "../../ffi/file.ts";
import type { Device } from "../runtime/runtime.ts";

/** The container has its own of these. */
const OWN = ["console", "fd", "mqueue", "ptmx", "pts", "shm", ".lxc", ".lxd-mounts", ".udev"];

/** All nodes below /dev, those of directories too; links are not followed. */
export function hostDevices(directory = "/dev"): Device[] {
	return list(directory)
		.filter((name) => !OWN.includes(name))
		.sort()
		.flatMap((name) => devicesAt(`${directory}/${name}`));
}

function devicesAt(path: string): Device[] {
	const status = statusIfThere(path);
	const type = (status?.mode ?? 0) & S_IFMT;
	if (type === S_IFDIR) return hostDevices(path);
	if (!status || (type !== S_IFCHR && type !== S_IFBLK)) return [];
	const { rdevMajor: major, rdevMinor: minor, uid, gid } = status;
	return [{ path, type: type === S_IFCHR ? "c" : "b", major, minor, fileMode: status.mode & 0o7777, uid, gid }];
}
