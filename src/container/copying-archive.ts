/** `cp` with `-`: what is at a path of a container as an archive, and an archive into a directory of one. */

import { S_IFDIR } from "../../ffi/constants.ts";
import { isType } from "../../ffi/file.ts";
import { nameOf, packTree, Side, unpackInto } from "../copy/copy.ts";
import { Failure } from "../failure.ts";
import type { Source, Target } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { removeAbandoned, Workshop } from "../tar/workshop.ts";
import {
	type Copying,
	checkWritable,
	destinationIn,
	devicesIn,
	shown,
	sourceIn,
	spotOfSource,
	whole,
} from "./copying-ends.ts";
import { note } from "./events.ts";
import { hold } from "./holding.ts";
import { outcome } from "./outcome.ts";

/** Writes what is at a path of a container to an archive. @throws Failure */
export async function packOut(store: Store, copying: Copying, target: Target): Promise<void> {
	using held = await hold(store, copying.container, "cp");
	using side = Side.below(held.root);
	const source = sourceIn(side, held, copying);
	// On a full disk this may be what saves something: no event stands in its way.
	outcome(() => note(store, held.container, "archive-path"));
	// docker names what a link leads to by its own name here, and by that of the link where it copies.
	const as = nameOf(source.path === copying.inside.path ? copying.inside : { ...copying.inside, path: source.path });
	const leavesOut = source.path === "/" ? devicesIn(held.root) : undefined;
	await whole(store, held, () => packTree(spotOfSource(source, shown(copying)), as, target, { leavesOut }));
}

/** Unpacks an archive into a directory of a container. @throws Failure */
export async function unpackIn(store: Store, copying: Copying, source: Source): Promise<void> {
	using held = await hold(store, copying.container, "cp");
	using side = Side.below(held.root);
	const { node } = destinationIn(side, held, copying);
	if (!node || !isType(node.status, S_IFDIR)) throw new Failure(`destination "${shown(copying)}" must be a directory`);
	checkWritable(held, node.fd, copying);
	removeAbandoned(store.places);
	using workshop = Workshop.open(store.places);
	// `tar --owner 1000:1000 -c … | cp - web:/srv` is how files get an owner: docker keeps them with and without -a.
	await whole(store, held, () => unpackInto(node.fd, source, workshop, { archive: true }));
	note(store, held.container, "extract-to-dir");
}
