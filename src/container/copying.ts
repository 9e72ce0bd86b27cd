/**
 * `cp`: files and trees between a container and the host. The ends are found
 * (copying-ends.ts); what lands where, and the copying itself, is src/copy's.
 */

import { S_IFDIR } from "../../ffi/constants.ts";
import { isType } from "../../ffi/file.ts";
import {
	baseOf,
	copyTree,
	type Found,
	type Landing,
	landing,
	parentOf,
	Side,
	type Spot,
	type TypedPath,
} from "../copy/copy.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import {
	type Copying,
	checkWritable,
	destinationIn,
	devicesIn,
	hostOutput,
	hostSource,
	type Node,
	notThere,
	shown,
	sourceIn,
	spotOfSource,
	whole,
} from "./copying-ends.ts";
import { note } from "./events.ts";
import { hold } from "./holding.ts";
import { outcome } from "./outcome.ts";

/** What was copied. */
export interface Copied {
	/** that the files have */
	bytes: number;
	/** where to; in a container as typed, unless that is a link */
	path: string;
}

/** Copies from a container to a path of the host. @throws Failure */
export async function copyOut(store: Store, copying: Copying, to: TypedPath): Promise<Copied> {
	using host = Side.host();
	const target = hostOutput(host, to);
	using held = await hold(store, copying.container, "cp");
	using side = Side.below(held.root);
	const source = sourceIn(side, held, copying);
	// On a full disk this may be what saves something: no event stands in its way.
	outcome(() => note(store, held.container, "archive-path"));
	const landed = land(copying.inside, source, to, target, `copy ${shown(copying)} to ${to.typed}`);
	const spot = spotOf(target, landed, (path) => path);
	if (!spot) throw new Failure(`invalid output path: directory "${lacking(target, landed)}" does not exist`);
	const { archive } = copying;
	const leavesOut = source.path === "/" ? devicesIn(held.root) : undefined;
	const from = spotOfSource(source, shown(copying));
	const bytes = await whole(store, held, () => copyTree(from, spot, { archive, leavesOut }));
	return { bytes, path: to.path };
}

/** Copies a path of the host into a container. @throws Failure */
export async function copyIn(store: Store, copying: Copying, from: TypedPath): Promise<Copied> {
	using host = Side.host();
	const source = hostSource(host, from, copying.follow);
	using held = await hold(store, copying.container, "cp");
	using side = Side.below(held.root);
	const target = destinationIn(side, held, copying);
	const landed = land(from, source, copying.inside, target, `copy ${from.typed} to ${shown(copying)}`);
	const spot = spotOf(target, landed, (path) => `${copying.container}:${path}`);
	if (!spot) throw notThere(target, lacking(target, landed), copying);
	checkWritable(held, spot.directory, copying);
	const { archive } = copying;
	const bytes = await whole(store, held, () => copyTree(spotOfSource(source, source.path), spot, { archive }));
	note(store, held.container, "extract-to-dir");
	return { bytes, path: target.path === copying.inside.path ? copying.inside.typed : target.path };
}

function land(from: TypedPath, { node }: Node, to: TypedPath, target: Found, what: string): Landing | undefined {
	const there = { trail: to.trail, there: kindOf(target), name: baseOf(target.path) };
	return landing({ typed: from, isDirectory: isType(node.status, S_IFDIR) }, there, what);
}

function kindOf({ node }: Found): "directory" | "other" | undefined {
	return node && (isType(node.status, S_IFDIR) ? "directory" : "other");
}

/** @returns undefined where there is no directory to land in */
function spotOf(target: Found, landed: Landing | undefined, show: (path: string) => string): Spot | undefined {
	const directory = landed?.inside ? target.node?.fd : target.parent;
	if (!landed || directory === undefined) return undefined;
	const { inside, name } = landed;
	return {
		directory,
		name,
		path: show(inside && name !== "." ? `${target.path === "/" ? "" : target.path}/${name}` : target.path),
	};
}

/** The directory that would have to be there. */
const lacking = ({ path }: Found, landed: Landing | undefined): string => (landed ? parentOf(path) : path);
