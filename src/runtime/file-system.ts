/**
 * A file system that the options of a volume describe, as mount(8) has them. It
 * is mounted before the clone, on nothing: with the host's devices and network,
 * which a container may not have.
 */

import {
	FSCONFIG_CMD_CREATE,
	FSCONFIG_SET_FLAG,
	FSCONFIG_SET_STRING,
	FSMOUNT_CLOEXEC,
	FSOPEN_CLOEXEC,
	MOUNT_ATTR_NOATIME,
	MOUNT_ATTR_NODEV,
	MOUNT_ATTR_NODIRATIME,
	MOUNT_ATTR_NOEXEC,
	MOUNT_ATTR_NOSUID,
	MOUNT_ATTR_STRICTATIME,
} from "../../ffi/constants.ts";
import { type Hints, Load, type Place, type Tape } from "../kernel/tape.ts";
import type { Mount } from "./spec.ts";

/** What is said of the mount; everything else is said of the file system. */
const ATTRIBUTES: Readonly<Record<string, number>> = {
	noatime: MOUNT_ATTR_NOATIME,
	nodev: MOUNT_ATTR_NODEV,
	nodiratime: MOUNT_ATTR_NODIRATIME,
	noexec: MOUNT_ATTR_NOEXEC,
	nosuid: MOUNT_ATTR_NOSUID,
	strictatime: MOUNT_ATTR_STRICTATIME,
};

/** What holds anyway, or is done when all is in its place. */
const NOTHING = ["rw", "rro", "suid", "dev", "exec", "async", "atime", "diratime", "relatime"];

const HINTS: Hints = {
	EINVAL: "the file system does not take this; a value has at most 255 bytes",
	ENOENT: "failed to mount local volume: its device is not there",
};
const TYPE_HINTS: Hints = { ENODEV: "the kernel has no file system of that type" };

/** Mounts a file system. @returns where the descriptor of its mount is */
export function takeFileSystem(tape: Tape, { type, source, options }: Mount): Place {
	const context = tape.slot();
	const tree = tape.slot();
	tape.step(`begin to mount ${type}`, "fsopen", [tape.text(type), FSOPEN_CLOEXEC], {
		store: context,
		hints: TYPE_HINTS,
	});
	const configure = (what: string, command: number, key: Place | 0, value: Place | 0) =>
		tape.step(what, "fsconfig", [new Load(context), command, key, value, 0], { hints: HINTS });
	configure(`set source=${source} for ${type}`, FSCONFIG_SET_STRING, tape.text("source"), tape.text(source));
	let attributes = 0;
	for (const option of options) {
		const equals = option.indexOf("=");
		if (ATTRIBUTES[option] !== undefined) attributes |= ATTRIBUTES[option];
		else if (NOTHING.includes(option)) continue;
		else if (equals < 0) configure(`set ${option} for ${type}`, FSCONFIG_SET_FLAG, tape.text(option), 0);
		else {
			const [key, value] = [option.slice(0, equals), option.slice(equals + 1)];
			configure(`set ${shown(key, value)} for ${type}`, FSCONFIG_SET_STRING, tape.text(key), tape.text(value));
		}
	}
	configure(`mount ${type} of ${source}`, FSCONFIG_CMD_CREATE, 0, 0);
	const args = [new Load(context), FSMOUNT_CLOEXEC, attributes];
	tape.step("take it to place it later", "fsmount", args, { store: tree });
	tape.step("close what it was begun with", "close", [new Load(context)]);
	return tree;
}

/** docker hides it, too. */
const shown = (key: string, value: string): string => `${key}=${key === "password" ? "********" : value}`;
