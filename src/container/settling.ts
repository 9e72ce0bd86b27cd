/**
 * What is mounted in a container for its user, settled when it is made: -v,
 * --mount, --tmpfs, --volumes-from and the image's volumes, each target once
 * (moby, daemon/volumes.go registerMountPoints: what was asked for comes before
 * what others have, that before what the image declares).
 */

import { AT_FDCWD } from "../../ffi/constants.ts";
import { statusIfThere } from "../../ffi/file.ts";
import { randomBytes } from "../../ffi/random.ts";
import { EXIT, Failure } from "../failure.ts";
import { type Image, get as imageOf, use as useImage } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { clean } from "../path.ts";
import { mergeTmpfsOptions } from "../runtime/runtime.ts";
import { refusalOfTarget } from "../runtime/target.ts";
import { ANONYMOUS_LABEL, checkVolume, ensure, type NewVolume, use } from "../volume/volume.ts";
import type { MountOption, Point, RunOptions, VolumeOption } from "./options.ts";
import { NAMED_MODE, pointOf, pointsOf } from "./points.ts";
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
	const add = (point: Point) => points.set(point.target, point);
	for (const typed of options.volumesFrom ?? []) for (const point of pointsFrom(store, typed)) add(point);
	for (const volume of options.volumes) if (volume.source !== "") add(fromVolume(volume, volumes));
	for (const mount of options.mounts ?? []) add(fromMount(store, mount, volumes));
	const covered = new Set((options.tmpfs ?? []).map(({ target }) => target));
	for (const target of unnamed(options, image))
		if (!points.has(target) && !covered.has(target))
			add({ type: "volume", source: anonymous(volumes), target, readOnly: false, mode: "", anonymous: true });
	for (const volume of volumes) refusing(() => checkVolume(volume));
	return { points: [...points.values()], volumes };
}

/** Where volumes without a name are wanted, by -v and by the image; they give way to whatever else is there. */
function unnamed({ volumes }: RunOptions, image: Image | undefined): string[] {
	const asked = volumes.filter(({ source }) => source === "").map(({ target }) => target);
	return [...asked, ...Object.keys(image?.config.config.Volumes ?? {}).map(declared)];
}

/** What an image says nobody has looked at: `/data/` is `/data`, so that it gives way to a volume that is asked for there. */
function declared(typed: string): string {
	const target = clean(typed);
	const reason = refusalOfTarget(target);
	if (reason === undefined) return target;
	throw new Failure(`volume ${JSON.stringify(typed)} of the image: ${reason}`, { exitCode: EXIT.refused });
}

/** True where volumes are among what is mounted: they may have to be filled. */
export const hasVolumes = ({ points }: Settled): boolean => points.some(({ type }) => type === "volume");

/** Notes which volumes a container uses, those that are missing are made; within the transaction that makes it. */
export function useVolumes(store: Store, container: string, { points, volumes }: Settled): void {
	for (const volume of volumes) refusing(() => ensure(store, volume));
	for (const { type, source } of points) {
		if (type === "volume") use(store, container, source);
		if (type === "image") useImage(store, container, source);
	}
}

function fromVolume(volume: VolumeOption, volumes: Wanted[]): Point {
	const point = pointOf(volume);
	if (point.type === "volume") volumes.push({ name: point.source });
	return point;
}

function fromMount(store: Store, mount: MountOption, volumes: Wanted[]): Point {
	const { type, source = "", readOnly = false, propagation, recursive, create, noCopy, subpath } = mount;
	const common = { type, target: mount.target, readOnly, mode: "", noCopy, subpath };
	switch (type) {
		case "bind":
			if (!create) checkSource(source);
			return { ...common, source, propagation, recursive, create };
		case "image":
			return { ...common, source: refusing(() => imageOf(store, source)).id, readOnly: true };
		case "tmpfs":
			return { ...common, source: "", options: tmpfsOptions(mount) };
		case "volume": {
			const { labels, driverOptions } = mount;
			if (source !== "") volumes.push({ name: source, labels, options: driverOptions });
			const name = source || anonymous(volumes, mount);
			return { ...common, source: name, mode: NAMED_MODE, ...(source === "" && { anonymous: true }) };
		}
	}
}

/** docker looks when the container is made, and again when it is started. @throws Failure (125) */
function checkSource(source: string): void {
	const invalid = (why: string) =>
		new Failure(`invalid mount config for type "bind": ${why}`, { exitCode: EXIT.refused });
	const status = (() => {
		try {
			return statusIfThere(source, AT_FDCWD, 0);
		} catch (error) {
			throw invalid((error as Error).message);
		}
	})();
	if (!status) throw invalid(`bind source path does not exist: ${source}`);
}

/** What keeps a container from being made: 125, whoever says it. */
function refusing<T>(act: () => T): T {
	try {
		return act();
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}

function tmpfsOptions({ size, mode, readOnly }: MountOption): string[] {
	const asked = readOnly ? ["ro"] : [];
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

/** `NAME[:MODE]`: what another container has; a tmpfs is its own. */
function pointsFrom(store: Store, typed: string): Point[] {
	const [name = "", mode = ""] = typed.split(":");
	const readOnly = mode.split(",").includes("ro");
	return pointsOf(refusing(() => find(store, name)).options)
		.filter(({ type }) => type === "bind" || type === "volume")
		.map((point) => ({ ...point, mode: "", readOnly: point.readOnly || readOnly, noCopy: true }));
}
