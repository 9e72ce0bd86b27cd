/**
 * /dev: a small tmpfs with the six default devices and the usual links
 * (runtime-spec, config-linux.md, Default Devices). They are the
 * container's own nodes, or where no device controller limits it the host's,
 * bound: all else in the container is nodev then.
 */

import {
	AT_FDCWD,
	AT_SYMLINK_NOFOLLOW,
	MOUNT_ATTR_RDONLY,
	MS_BIND,
	S_IFBLK,
	S_IFCHR,
	S_IFREG,
} from "../../ffi/constants.ts";
import type { Tape } from "../kernel/tape.ts";
import { type Bind, placeBind, takeTree } from "./mounts.ts";
import type { Paths } from "./paths.ts";
import type { Device } from "./spec.ts";

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];

const LINKS: [name: string, target: string][] = [
	["fd", "/proc/self/fd"],
	["stdin", "/proc/self/fd/0"],
	["stdout", "/proc/self/fd/1"],
	["stderr", "/proc/self/fd/2"],
	["ptmx", "pts/ptmx"],
];

/**
 * Before the clone: takes the host's nodes, read-only: that refuses chmod and
 * chown of what is the host's own node, and hinders no write to the device.
 */
export function takeDevices(tape: Tape): Bind[] {
	return DEVICES.map((name) => {
		const path = `/dev/${name}`;
		const tree = takeTree(tape, path, MOUNT_ATTR_RDONLY);
		return { source: path, destination: path, tree, directory: false, overLink: false };
	});
}

/** In the container, on its /dev: the nodes and links. */
export function placeDevices(tape: Tape, paths: Paths, devices: readonly Bind[]): void {
	for (const device of devices) placeBind(tape, paths, device);
	linkDevices(tape);
}

/** The same where /dev is not nodev: nodes of the container's own. */
export function makeDevices(tape: Tape, paths: Paths, devices: readonly Device[]): void {
	for (const { path, type, major, minor, fileMode, uid, gid } of devices) {
		const { directory, name } = path.startsWith("/dev/") ? paths.ownEntry(path) : paths.entry(path);
		const mode = (type === "c" ? S_IFCHR : S_IFBLK) | fileMode;
		const number = deviceNumber(major, minor);
		tape.step(`make device ${path} (${type} ${major}:${minor})`, "mknodat", [directory, name, mode, number], {
			// docker, too, leaves what an image has there.
			okay: ["EEXIST"],
		});
		if (uid !== 0 || gid !== 0)
			tape.step(`give it to ${uid}:${gid}`, "fchownat", [directory, name, uid, gid, AT_SYMLINK_NOFOLLOW]);
	}
	linkDevices(tape);
}

/** kernel: include/linux/kdev_t.h, new_encode_dev. */
const deviceNumber = (major: number, minor: number): number => (minor & 0xff) + (major << 8) + (minor & ~0xff) * 0x1000;

function linkDevices(tape: Tape): void {
	for (const [name, target] of LINKS)
		tape.step(`link /dev/${name} to ${target}`, "symlinkat", [tape.text(target), AT_FDCWD, tape.text(`/dev/${name}`)]);
}

const CONSOLE = "/dev/console";
const TERMINAL = "/dev/pts/0";

/**
 * Puts the program's terminal on /dev/console, as docker has it: it is the first
 * of the container's own devpts. Before any volume, while /dev is surely ours: who
 * shares a volume on /dev could swap either path for another (CVE-2025-52565).
 * @param covered a volume will lie on /dev
 * @returns the terminal, to be placed on that
 */
export function placeConsole(tape: Tape, covered: boolean): Bind | undefined {
	const console = tape.text(CONSOLE);
	tape.step(`make file ${CONSOLE}`, "mknodat", [AT_FDCWD, console, S_IFREG | 0o600, 0]);
	tape.step(`bind ${TERMINAL} on ${CONSOLE}`, "mount", [tape.text(TERMINAL), console, 0, MS_BIND, 0]);
	if (!covered) return undefined;
	const tree = takeTree(tape, TERMINAL, 0);
	// Over a link, not where it leads to.
	return { source: TERMINAL, destination: CONSOLE, tree, directory: false, overLink: true };
}
