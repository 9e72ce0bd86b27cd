/** The two ends of a copy: what there has to be, in docker's words where it is not. */

import { O_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_IN_ROOT, S_IFBLK, S_IFCHR, S_IFDIR } from "../../ffi/constants.ts";
import { close, isType, tryOpenAt2 } from "../../ffi/file.ts";
import { fileSystemOf, kernelFileSystem, mountOf } from "../../ffi/filesystem.ts";
import { BrokenPipe } from "../../ffi/output.ts";
import { type Found, parentOf, type Side, type Spot, type TypedPath } from "../copy/copy.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import type { Hold } from "./holding.ts";
import { checkStill } from "./layers.ts";

/** What both directions have in common. */
export interface Copying {
	/** as typed */
	container: string;
	/** the path in it */
	inside: TypedPath;
	/** `-a`: owners are kept */
	archive: boolean;
	/** `-L`: a link at the end of the source is followed */
	follow: boolean;
}

/** As the user has it: `web:/etc/hosts`. */
export const shown = ({ container, inside }: Copying): string => `${container}:${inside.typed}`;

/** What is there. */
export type Node = Found & { node: NonNullable<Found["node"]> };

const hasNode = (found: Found): found is Node => found.node !== undefined;

const missing = ({ blocked }: Found): string => (blocked ? "not a directory" : "no such file or directory");

/** What of the host is copied. @throws Failure */
export function hostSource(host: Side, from: TypedPath, follow: boolean): Node {
	const found = host.find(from, follow);
	if (!hasNode(found)) throw new Failure(`lstat ${found.path}: ${missing(found)}`);
	return found;
}

/** What of a container is copied. @throws Failure in docker's words */
export function sourceIn(side: Side, { root, lacks }: Hold, copying: Copying): Node {
	const { container, inside, follow } = copying;
	const found = side.find(inside, follow);
	const path = found.path === inside.path ? inside.typed : found.path;
	if (found.blocked) throw new Failure(`copy ${shown(copying)}: ${path}: not a directory`);
	if (!hasNode(found) || (lacks(found.path) ?? found.path) !== found.path)
		throw new Failure(`Could not find the file ${path} in container ${container}`);
	refuseKernels(found.node.fd, copying);
	// One that an image or a program has made is in the root; those of /dev are not files (devicesIn).
	if (isDevice(found) && mountOf(found.node.fd) !== mountOf(root)) throw kernels("a device", copying);
	if (isType(found.node.status, S_IFDIR) && devicesIn(root)?.(found.node.fd)) throw kernels("devices", copying);
	return found;
}

/** Where in a container something is copied to. @throws Failure in docker's words */
export function destinationIn(side: Side, { lacks }: Hold, copying: Copying): Found {
	const found = side.find(copying.inside, true);
	const tmpfs = lacks(found.path);
	if (tmpfs !== undefined)
		throw new Failure(`copy to ${shown(copying)}: ${tmpfs} is a tmpfs, which is there while the container runs only`);
	if (isDevice(found))
		throw new Failure(`destination "${shown(copying)}" must be a directory or a regular file: got a device`);
	return found;
}

/** @param directory where something was to be copied to */
export function notThere({ blocked }: Found, directory: string, { container }: Copying): Failure {
	return blocked
		? new Failure(`copy to ${container}:${directory}: extraction point is not a directory`)
		: new Failure(`Could not find the file ${directory} in container ${container}`);
}

/** Where on the host something is copied to (docker/cli, ValidateOutputPath). */
export function hostOutput(host: Side, to: TypedPath): Found {
	const found = host.find(to, true);
	if (isDevice(found))
		throw new Failure(`invalid output path: "${to.path}" must be a directory or a regular file: got a device`);
	if (found.blocked) throw new Failure(`invalid output path: ${to.path}: not a directory`);
	if (found.parent === undefined)
		throw new Failure(`invalid output path: directory "${parentOf(found.path)}" does not exist`);
	return found;
}

const isDevice = ({ node }: Found): boolean =>
	node !== undefined && (isType(node.status, S_IFCHR) || isType(node.status, S_IFBLK));

/** @throws Failure in docker's words (moby, daemon/archive_unix.go, checkWritablePath) */
export function checkWritable({ root }: Hold, directory: number, copying: Copying): void {
	refuseKernels(directory, copying);
	if (!fileSystemOf(directory).readOnly) return;
	const marked = mountOf(directory) === mountOf(root) ? "container rootfs" : "mounted volume";
	throw new Failure(`copy to ${shown(copying)}: ${marked} is marked read-only`);
}

/**
 * docker has none of a container's in its view. Here it is refused: who copies is
 * root of the host, whom a container could lead to write there what it may not
 * write itself.
 * @throws Failure for what is of the kernel's file systems
 */
function refuseKernels(fd: number, copying: Copying): void {
	const name = kernelFileSystem(fd);
	if (name !== undefined) throw kernels(name, copying);
}

function kernels(what: string, { inside, container }: Copying): Failure {
	const why = `what is the kernel's (${what}) is not copied`;
	return new Failure(`Could not find the file ${inside.typed} in container ${container}: ${why}`, { hint: "use exec" });
}

/**
 * What tells the directory of a running container's devices, which is a file system of its own; undefined where it is none.
 * @param root descriptor of the container's root
 */
export function devicesIn(root: number): ((directory: number) => boolean) | undefined {
	const directory = tryOpenAt2(root, "dev", O_PATH | O_DIRECTORY | O_NOFOLLOW, RESOLVE_IN_ROOT);
	if (directory < 0) return undefined;
	const mount = mountOf(directory);
	close(directory);
	return mount === mountOf(root) ? undefined : (fd) => mountOf(fd) === mount;
}

/** A directory is read by way of what was found, anything else by its name. */
export function spotOfSource({ node, parent, name }: Node, path: string): Spot {
	if (isType(node.status, S_IFDIR)) return { directory: node.fd, name: ".", path };
	return { directory: parent as number, name, path };
}

/**
 * Does what would be incomplete, or fail with a riddle, if the container was
 * removed meanwhile, or who keeps its root was killed.
 * @throws Failure that says so
 */
export async function whole<T>(store: Store, held: Hold, work: () => Promise<T> | T): Promise<T> {
	try {
		const result = await work();
		checkHeld(store, held);
		return result;
	} catch (error) {
		if (!(error instanceof BrokenPipe)) checkHeld(store, held);
		throw error;
	}
}

function checkHeld(store: Store, { container, isWhole }: Hold): void {
	checkStill(store, container, "cp");
	if (!isWhole()) throw new Failure(`cp ${container.name}: the process that kept its root was killed`);
}
