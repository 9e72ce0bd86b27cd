/** A --mount in docker's shape (moby, api/types/mount), without what was not given. Pure. */

import type { MountOption } from "./options.ts";

/** docker's mount.Mount. */
export function mountSpec({ typed, ...checked }: MountOption): object {
	const mount = { ...checked, ...typed };
	return given({
		Type: mount.type,
		Source: mount.source,
		Target: mount.target,
		ReadOnly: mount.readOnly,
		Consistency: mount.consistency,
		BindOptions: bindOptions(mount),
		VolumeOptions: mount.type === "volume" ? volumeOptions(mount) : undefined,
		ImageOptions: mount.type === "image" ? group({ Subpath: mount.subpath }) : undefined,
		TmpfsOptions: group({ SizeBytes: mount.size, Mode: mount.mode }),
	});
}

function bindOptions({ propagation, recursive, create }: MountOption): object | undefined {
	return group({
		Propagation: propagation,
		NonRecursive: recursive === "disabled" || undefined,
		CreateMountpoint: create,
		ReadOnlyNonRecursive: recursive === "writable" || undefined,
		ReadOnlyForceRecursive: recursive === "readonly" || undefined,
	});
}

/** Who gives any of them gets a DriverConfig, too (docker/cli, opts/mount.go). */
function volumeOptions({ noCopy, labels, subpath, driver, driverOptions }: MountOption): object | undefined {
	const DriverConfig = given({ Name: driver, Options: driverOptions });
	const options = group({ NoCopy: noCopy, Labels: labels, Subpath: subpath });
	return options || driver || driverOptions ? { ...options, DriverConfig } : undefined;
}

const given = (members: Record<string, unknown>): object =>
	Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const group = (members: Record<string, unknown>): object | undefined => {
	const options = given(members);
	return Object.keys(options).length > 0 ? options : undefined;
};
