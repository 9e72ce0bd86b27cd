/** What is mounted in a container, in the order in which it is. Pure. */

import { EXIT, Failure } from "../failure.ts";
import { donorOf, kernelsOf, type Mount, mergeTmpfsOptions } from "../runtime/runtime.ts";
import type { BoundSource, MadeSource, Source } from "../volume/volume.ts";
import type { Point, RunOptions } from "./options.ts";
import { pointsOf } from "./points.ts";

/** Without a device controller nodev wherever docker has none: /dev too. */
function kernelMounts({ privileged, shmSize, ipc }: RunOptions, devices: boolean): Mount[] {
	const readOnly = privileged ? [] : ["ro"];
	return [
		{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
		{
			destination: "/dev",
			type: "tmpfs",
			source: "tmpfs",
			options: ["nosuid", ...(devices ? [] : ["nodev"]), "size=65536k", "mode=755"],
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
			options: ["nosuid", "noexec", "nodev", ...readOnly],
		},
		{
			destination: "/sys/fs/cgroup",
			type: "cgroup",
			source: "cgroup",
			options: ["nosuid", "noexec", "nodev", "relatime", ...readOnly],
		},
		{ destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] },
		...sharedMemory({ ipc, shmSize }),
	];
}

/** /dev/shm goes with the IPC namespace, as docker has it; with none there is neither. */
function sharedMemory({ ipc, shmSize }: Pick<RunOptions, "ipc" | "shmSize">): Mount[] {
	const destination = "/dev/shm";
	if (ipc === "none") return [];
	if (ipc === "host") return [{ destination, type: "bind", source: destination, options: [] }];
	if (donorOf(ipc) !== undefined) return [{ destination, type: "bind", source: ipc as string, options: [] }];
	const options = ["nosuid", "noexec", "nodev", "mode=1777", `size=${shmSize ?? "65536k"}`];
	return [{ destination, type: "tmpfs", source: "shm", options }];
}

/**
 * The mounts of a container: those of the kernel, then what the user asked for
 * and the files that bunker provides, parents before what lies in them: a volume
 * on /etc has these files, as docker's has.
 * @param places.runDirectory holds hosts, hostname and resolv.conf
 * @param places.content where a volume's content is
 * @param devices whether nodes can be opened
 */
export function mountsOf(options: RunOptions, places: MountPlaces, devices: boolean): Mount[] {
	return [
		...kernelMounts(options, devices),
		...byDepth([...providedFiles(places.runDirectory), ...asked(options, places, devices)]),
	];
}

/** What the user asked for, parents before what lies in them. */
export const userMounts = (options: RunOptions, places: Pick<MountPlaces, "content">, devices: boolean): Mount[] =>
	byDepth(asked(options, places, devices));

function asked(options: RunOptions, places: Pick<MountPlaces, "content">, devices: boolean): Mount[] {
	return [...pointsOf(options).map((point) => mountOf(point, places, devices)), ...tmpfs(options, devices)];
}

/** Sorts mounts, parents before what lies in them, as docker does: by the number of parts. */
export const byDepth = (mounts: Mount[]): Mount[] => mounts.sort((a, b) => depth(a) - depth(b));

/** Where on the host things are that are mounted. */
export interface MountPlaces {
	runDirectory: string;
	content: (volume: string) => Source;
}

const depth = (mount: Mount): number => mount.destination.split("/").length;

/** Images of whole distributions have /etc/resolv.conf as a link to what is not there. */
export const PROVIDED_OPTION = "nofollow";

/** What bunker mounts of its own has a place in every root. */
export const isAsked = ({ destination, options }: Mount): boolean =>
	kernelsOf(destination) === undefined && !options.includes(PROVIDED_OPTION);

/** A tmpfs on a directory of the image has its mode, unless another was asked for, as runc has it. */
export const inheritsMode = (mount: Mount): boolean =>
	mount.type === "tmpfs" && isAsked(mount) && mount.options.filter((option) => option.startsWith("mode=")).length === 0;

function providedFiles(runDirectory: string): Mount[] {
	return ["resolv.conf", "hostname", "hosts"].map((name) => ({
		destination: `/etc/${name}`,
		type: "bind",
		source: `${runDirectory}/${name}`,
		options: [PROVIDED_OPTION],
	}));
}

/** nodev, whatever was asked for, unless the container may have devices. */
function tmpfs({ tmpfs: asked = [] }: RunOptions, devices: boolean): Mount[] {
	return asked.map(({ target, options }) => ({
		destination: target,
		type: "tmpfs",
		source: "tmpfs",
		options: mergeTmpfsOptions(devices ? options : `${options},nodev`).options,
	}));
}

function mountOf(point: Point, { content }: Pick<MountPlaces, "content">, devices: boolean): Mount {
	const { type, source, target: destination, subpath } = point;
	if (type === "tmpfs")
		return { destination, type, source: type, options: [...(point.options ?? []), ...(devices ? [] : ["nodev"])] };
	if (type === "image")
		return { destination, type, source, options: ["ro"], ...(subpath !== undefined && { subpath }) };
	const from = type === "volume" ? content(source) : { path: source };
	if ("device" in from) return madeMount(point, from, devices);
	return {
		destination,
		type: "bind",
		source: from.path,
		options: bindOptions(point, from),
		...(subpath !== undefined && { subpath }),
	};
}

/** Read-only is said of the mount alone (`rro`): another container may write to the same file system. */
function madeMount(
	{ target, readOnly, subpath }: Point,
	{ type, device, options }: MadeSource,
	devices: boolean,
): Mount {
	if (subpath !== undefined && type === "tmpfs")
		throw new Failure(`mount ${subpath} of a volume with type=tmpfs: it is empty when a container starts`, {
			exitCode: EXIT.refused,
		});
	const words = [...options, ...(devices ? [] : ["nodev"]), ...(readOnly ? [type === "tmpfs" ? "ro" : "rro"] : [])];
	return { destination: target, type, source: device, options: words, ...(subpath !== undefined && { subpath }) };
}

/** As runtime-spec, config.md, "Linux mount options", has them. */
function bindOptions({ readOnly, recursive, propagation = "rprivate" }: Point, from: BoundSource): string[] {
	const access = readOnly || from.readOnly ? [recursive === "writable" ? "ro" : "rro"] : [];
	return [recursive === "disabled" || from.alone ? "bind" : "rbind", propagation, ...access];
}
