/**
 * What is mounted in a container for its user, settled when it is made: -v,
 * --mount, --tmpfs, --volumes-from and the image's volumes, each target once
 * (moby, daemon/volumes.go registerMountPoints: what was asked for comes before
 * what others have, that before what the image declares).
 */

import { randomBytes } from "../../ffi/random.ts";
import { EXIT, Failure } from "../failure.ts";
import { type Image, get as imageOf } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { mergeTmpfsOptions } from "../runtime/runtime.ts";
import { ANONYMOUS_LABEL, checkVolume, ensure, type NewVolume, use } from "../volume/volume.ts";
import type { MountOption, Point, RunOptions, VolumeOption } from "./options.ts";
import { pointOf, pointsOf } from "./points.ts";
import { find } from "./table.ts";

/** A volume that a container uses, and what it is made with where there is none of that name. */
type Wanted = Pick<NewVolume, "name" | "labels" | "options">;

/** What options come to. */
export interface Settled {
	points: Point[];
	volumes: Wanted[];
}

/**
 * Settles what is mounted in a new container.
 * @throws Failure (125) where another container or an image is not there, or a volume cannot be called so
 */
export function settle(store: Store, options: RunOptions, image: Image | undefined): Settled {
	const volumes: Wanted[] = [];
	const points = new Map<string, Point>();
	const add = (point: Point) => {
		if (!points.has(point.target)) points.set(point.target, point);
	};
	for (const volume of options.volumes) add(fromVolume(volume, volumes));
	for (const mount of options.mounts ?? []) add(fromMount(store, mount, volumes));
	const covered = new Set((options.tmpfs ?? []).map(({ target }) => target));
	for (const typed of options.volumesFrom ?? []) for (const point of pointsFrom(store, typed)) add(point);
	for (const target in image?.config.config.Volumes ?? {})
		if (!points.has(target) && !covered.has(target))
			add({ type: "volume", source: anonymous(volumes), target, readOnly: false, mode: "", anonymous: true });
	for (const volume of volumes) refuseWrong(volume);
	return { points: [...points.values()], volumes };
}

/** What keeps a container from being made: 125. */
function refuseWrong(volume: Wanted): void {
	try {
		checkVolume(volume);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

/** Notes which volumes a container uses, those that are missing are made; within the transaction that makes it. */
export function useVolumes(store: Store, container: string, { points, volumes }: Settled): void {
	for (const volume of volumes) ensure(store, volume);
	for (const { type, source } of points) if (type === "volume") use(store, container, source);
}

function fromVolume(volume: VolumeOption, volumes: Wanted[]): Point {
	const point = pointOf(volume);
	if (point.type === "bind") return point;
	if (point.source === "") return { ...point, source: anonymous(volumes), anonymous: true };
	volumes.push({ name: point.source });
	return point;
}

function fromMount(store: Store, mount: MountOption, volumes: Wanted[]): Point {
	const { type, source = "", target, readOnly = false, propagation, recursive, create, noCopy, subpath } = mount;
	const common = { type, target, readOnly, mode: "", noCopy, subpath };
	switch (type) {
		case "bind":
			return { ...common, source, propagation, recursive, create };
		case "image":
			return { ...common, source: imageOf(store, source).id };
		case "tmpfs":
			return { ...common, source: "", options: tmpfsOptions(mount) };
		case "volume": {
			const { labels, driverOptions } = mount;
			if (source === "") return { ...common, source: anonymous(volumes, mount), anonymous: true };
			volumes.push({ name: source, labels, options: driverOptions });
			return { ...common, source };
		}
	}
}

function tmpfsOptions({ size, mode, readOnly, tmpfsOptions = [] }: MountOption): string[] {
	const asked = [...tmpfsOptions, ...(readOnly ? ["ro"] : [])];
	if (size !== undefined) asked.push(`size=${size}`);
	if (mode !== undefined) asked.push(`mode=${mode.toString(8)}`);
	return mergeTmpfsOptions(asked.join(",")).options;
}

/** A volume of the container's own. @returns its name */
function anonymous(volumes: Wanted[], { labels, driverOptions }: Partial<MountOption> = {}): string {
	const name = randomBytes(32).toHex();
	volumes.push({ name, labels: { ...labels, [ANONYMOUS_LABEL]: "" }, options: driverOptions });
	return name;
}

/** `NAME[:ro|rw]`: what another container has; a tmpfs is its own. */
function pointsFrom(store: Store, typed: string): Point[] {
	const colon = typed.indexOf(":");
	const name = colon < 0 ? typed : typed.slice(0, colon);
	const readOnly = typed.endsWith(":ro");
	return pointsOf(find(store, name).options)
		.filter(({ type }) => type === "bind" || type === "volume")
		.map((point) => ({ ...point, readOnly: point.readOnly || readOnly, noCopy: true }));
}
