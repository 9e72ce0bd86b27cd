/**
 * The container's root: mounted inside its mount namespace only, entered with
 * pivot_root, the host's root detached. After that every path resolves inside
 * the container, links of the image included.
 */

import {
	AT_FDCWD,
	MNT_DETACH,
	MOUNT_ATTR_NODEV,
	MOVE_MOUNT_F_EMPTY_PATH,
	MOVE_MOUNT_T_SYMLINKS,
	MS_BIND,
	MS_NODEV,
	MS_PRIVATE,
	MS_RDONLY,
	MS_REC,
	MS_REMOUNT,
} from "../../ffi/constants.ts";
import { Load, type Place, type Tape } from "../kernel/tape.ts";
import { takeTree } from "./mounts.ts";

/** What the root is made of. */
export type RootSource =
	| {
			kind: "overlay";
			/** directory that holds the layers; they are named relative to it, since mount(2) takes one page of options */
			layersDirectory: string;
			/** names in it, lowest first */
			layers: string[];
			/** a layer below all others, that holds what is mounted over; relative to the layers' directory */
			base: string;
			/** holds `upper` and `work`; relative, so that no name of the user's has to be escaped in the options */
			data: string;
			/** the same, absolute: where it is mounted */
			containerDirectory: string;
			/** the upper layer is thrown away: no sync when it is unmounted */
			volatile: boolean;
	  }
	| { kind: "directory"; path: string };

/**
 * What differs between the module's defaults of distributions is said
 * (kernel: Documentation/filesystems/overlayfs.rst).
 *
 * Off, since commit, diff, export and the size read the upper directory, whose
 * names and files are then all of what was changed. Measured (6.18, ext4):
 * redirect_dir makes the mv of an image's directory of 1000 files 1.4 ms where
 * mv copies for 700, metacopy the chmod of a file of 300 MB 3 ms instead of 250,
 * the chown -R of 2000 files 1.4 s instead of 2.1. They would pay for it with
 * every path looked up by another name in each layer, and a layer of the same
 * bytes. index keeps hard links that are written to, but binds an upper layer to the very
 * inodes of the layers: none could be unpacked anew. A mount takes the same 2 ms with
 * any of them, with xino (all layers are on one file system) or uuid=off.
 */
export const OVERLAY_FEATURES = "redirect_dir=nofollow,metacopy=off,index=off";

/** The option string of the overlay. */
export function overlayOptions(source: Extract<RootSource, { kind: "overlay" }>): string {
	const lower = [...[...source.layers].reverse(), source.base].join(":");
	const options = `lowerdir=${lower},upperdir=${source.data}/upper,workdir=${source.data}/work,${OVERLAY_FEATURES}`;
	return source.volatile ? `${options},volatile` : options;
}

/**
 * Before the clone: takes the directory of --rootfs.
 * @param devices whether nodes on it can be opened: only with --privileged
 * @returns where its mount is; undefined with an overlay
 */
export function takeRoot(tape: Tape, source: RootSource, devices: boolean): Place | undefined {
	if (source.kind === "overlay") return undefined;
	const attributes = devices ? 0 : MOUNT_ATTR_NODEV;
	return takeTree(tape, source.path, attributes);
}

/** In the container's mount namespace, first of all: nothing that is mounted here may reach the host. */
export function leaveHost(tape: Tape): void {
	tape.step("make all mounts private", "mount", [0, tape.text("/"), 0, MS_REC | MS_PRIVATE, 0]);
}

/** Mounts the root and enters it. */
export function enterRoot(tape: Tape, source: RootSource, tree: Place | undefined, devices: boolean): void {
	if (source.kind === "overlay") mountOverlay(tape, source, devices);
	else
		tape.step(`bind ${source.path} on itself`, "move_mount", [
			new Load(tree as Place),
			tape.text(""),
			AT_FDCWD,
			tape.text(source.path),
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS,
		]);
	const target = source.kind === "overlay" ? source.containerDirectory : source.path;
	tape.step(`enter ${target}`, "chdir", [tape.text(target)]);
	const here = tape.text(".");
	// pivot_root(2): with the same directory twice the old root lies on top of the new one.
	tape.step("make it the root (pivot_root)", "pivot_root", [here, here]);
	tape.step("detach the host's root", "umount2", [here, MNT_DETACH]);
	tape.step("enter the new root", "chdir", [tape.text("/")]);
}

function mountOverlay(tape: Tape, source: Extract<RootSource, { kind: "overlay" }>, devices: boolean): void {
	tape.step(`enter ${source.layersDirectory}`, "chdir", [tape.text(source.layersDirectory)]);
	const features = [devices ? "dev" : "nodev", ...(source.volatile ? ["volatile"] : [])].join(",");
	const count = source.layers.length;
	tape.step(
		`mount an overlay of ${count} ${count === 1 ? "layer" : "layers"} on ${source.containerDirectory} (${features})`,
		"mount",
		[
			tape.text("overlay"),
			tape.text(source.containerDirectory),
			tape.text("overlay"),
			devices ? 0 : MS_NODEV,
			tape.text(overlayOptions(source)),
		],
	);
}

/** Makes the root read-only; what is mounted in it stays as it is. */
export function sealRoot(tape: Tape, devices: boolean): void {
	const flags = MS_REMOUNT | MS_BIND | MS_RDONLY | (devices ? 0 : MS_NODEV);
	tape.step("remount / (ro)", "mount", [0, tape.text("/"), 0, flags, 0]);
}
