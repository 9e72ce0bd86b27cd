/** What `inspect` prints: containers, images, networks and volumes by name, as JSON or through a template (docker/cli, cli/command/inspect). */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { inspect, inspectNetwork } from "../container/container.ts";
import { EXIT, Failure } from "../failure.ts";
import { get, lastTagged, find as lookUp, type Platform, requirePlatform } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { get as getVolume } from "../volume/volume.ts";
import { describeImage } from "./image.ts";
import { isNoSuchContainer, isNoSuchNetwork, isNoSuchVolume } from "./missing.ts";
import { report } from "./report.ts";
import { describeVolume } from "./volume-shape.ts";

/** Kinds of things that have names. */
export type ObjectType = "container" | "image" | "network" | "volume";

/** A thing found, in docker's JSON. */
interface Found {
	type: ObjectType;
	json: object;
}

export interface InspectOptions {
	/** undefined: a container, and if there is none, an image, then a network, then a volume */
	type?: ObjectType;
	/** of --format; undefined or empty: all of it */
	format?: string;
	/** what containers have written is counted */
	size: boolean;
	/** what images must be for */
	platform?: Platform;
}

/** Prints one object. @throws Failure for a field that it does not have */
type Printer = (found: Found) => string;

/**
 * Prints objects: what is found first, then what went wrong.
 * @param open called only when the template can be parsed
 * @returns the exit code
 * @throws Failure (64, as docker's client) for a template that cannot be parsed
 */
export async function printObjects(
	open: () => Promise<Store>,
	names: readonly string[],
	options: InspectOptions,
): Promise<number> {
	const { format = "", size } = options;
	const printer = format === "" || format === "json" ? undefined : await templatePrinter(format);
	const store = await open();
	const pieces: (Found | string)[] = [];
	const failures: unknown[] = [];
	for (const name of names) {
		try {
			const found = await find(store, name, options);
			if (size && found.type !== "container") await warnOfSize(found.type);
			pieces.push(printer ? printer(found) : found);
		} catch (error) {
			failures.push(error);
		}
	}
	writeOut(STDOUT, printer ? pieces.join("") || "\n" : list(pieces as Found[], format === "json"));
	for (const failure of failures) report(failure);
	return failures.length > 0 ? EXIT.failed : 0;
}

/** docker prints the list also where it is empty. */
function list(found: readonly Found[], compact: boolean): string {
	const objects = found.map(({ json }) => json);
	return `${JSON.stringify(objects, null, compact ? undefined : 4)}\n`;
}

async function templatePrinter(format: string): Promise<Printer> {
	const { parseDetails } = await import("../template/details.ts");
	const [{ containerShape }, { imageShape }, { networkShape }, { volumeShape }] = await Promise.all([
		import("./container-shape.ts"),
		import("./image-shape.ts"),
		import("./network-shape.ts"),
		import("./volume-shape.ts"),
	]);
	const shapes = { container: containerShape, image: imageShape, network: networkShape, volume: volumeShape };
	const print = parseDetails(format);
	return ({ json, type }) => `${print(json, shapes[type])}\n`;
}

async function warnOfSize(type: ObjectType): Promise<void> {
	const { warn } = await import("../flags/notice.ts");
	warn(`--size ignored for ${type}`);
}

async function find(store: Store, name: string, options: InspectOptions): Promise<Found> {
	if (options.type === "container") return { type: "container", json: await findContainer(store, name, options.size) };
	if (options.type === "image") {
		await requirePlatform(store, name, options.platform);
		return { type: "image", json: await findImage(store, name) };
	}
	if (options.type === "network") return { type: "network", json: await inspectNetwork(store, name) };
	if (options.type === "volume") return findVolume(store, name);
	try {
		return { type: "container", json: await findContainer(store, name, options.size) };
	} catch (error) {
		if (!isNoSuchContainer(error)) throw error;
	}
	if (lookUp(store, name)) return { type: "image", json: await findImage(store, name) };
	try {
		return { type: "network", json: await inspectNetwork(store, name) };
	} catch (error) {
		if (!isNoSuchNetwork(error)) throw error;
	}
	try {
		return findVolume(store, name);
	} catch (error) {
		throw isNoSuchVolume(error) ? new Failure(`No such object: ${name}`) : error;
	}
}

function findVolume(store: Store, name: string): Found {
	return { type: "volume", json: describeVolume(getVolume(store, name), store.places) };
}

async function findContainer(store: Store, name: string, size: boolean): Promise<object> {
	return inspect(store, name, { size });
}

async function findImage(store: Store, name: string): Promise<object> {
	const image = get(store, name);
	return describeImage(image, store.places, lastTagged(store, image.id));
}
