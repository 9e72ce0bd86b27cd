/** The two ends of a copy: what there has to be, in docker's words where it is not. */

import { S_IFBLK, S_IFCHR } from "../../ffi/constants.ts";
import { fileSystemOf, kernelFileSystem, mountOf } from "../../ffi/filesystem.ts";
import { Failure } from "../failure.ts";
import type { Hold } from "./holding.ts";
import { type Found, isType, type Side } from "./side.ts";
import { parentOf, type TypedPath } from "./typed.ts";

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
export function sourceIn(side: Side, copying: Copying, follow: boolean): Node {
	const { container, inside } = copying;
	const found = side.find(inside, follow);
	const path = found.path === inside.path ? inside.typed : found.path;
	if (found.blocked) throw new Failure(`copy ${shown(copying)}: ${path}: not a directory`);
	if (!hasNode(found)) throw new Failure(`Could not find the file ${path} in container ${container}`);
	refuseKernels(found.node.fd, copying);
	return found;
}

/** Where in a container something is copied to. @throws Failure in docker's words */
export function destinationIn(side: Side, copying: Copying): Found {
	const found = side.find(copying.inside, true);
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
function refuseKernels(fd: number, { inside, container }: Copying): void {
	const name = kernelFileSystem(fd);
	if (name === undefined) return;
	const why = `what is the kernel's (${name}) is not copied`;
	throw new Failure(`Could not find the file ${inside.typed} in container ${container}: ${why}`, { hint: "use exec" });
}
