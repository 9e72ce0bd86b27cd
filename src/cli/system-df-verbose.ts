/** `system df -v`: every image, container and volume by itself (docker/cli, formatter/disk_usage.go). */

import { list as listContainers, writtenBytes } from "../container/container.ts";
import { type ImageSummary, type ImageUsage, list as listImages, usage } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { GoSlice, type Method, Struct, Template, type Value } from "../template/template.ts";
import { since } from "../text/age.ts";
import { localTime } from "../text/localtime.ts";
import { compareNaturally } from "../text/natural.ts";
import { formatSize } from "../text/size.ts";
import { shortId, table } from "../text/table.ts";
import { volumeUsage } from "../volume/volume.ts";
import { containerRows } from "./container-rows.ts";
import { volumeRow } from "./volume-rows.ts";

const NONE = "<none>";

interface Rows {
	images: Record<string, string>[];
	containers: Record<string, Value | Method>[];
	volumes: Record<string, Value | Method>[];
}

/** Four tables, each with its title. */
export async function verboseTables(store: Store): Promise<string> {
	const { images, containers, volumes } = await rowsOf(store, { full: false });
	const section = (title: string, columns: Record<string, string>, rows: Rows["containers"]) =>
		`${title}\n\n${table([Object.values(columns), ...rows.map((row) => Object.keys(columns).map((name) => text(row[name])))])}`;
	return [
		section("Images space usage:", IMAGES, images),
		section("Containers space usage:", CONTAINERS, containers),
		section("Local Volumes space usage:", { Name: "VOLUME NAME", Links: "LINKS", Size: "SIZE" }, volumes),
		section("Build cache usage: 0B", CACHE, []),
	].join("\n");
}

/** The whole as one object: docker gives the template all lists at once. */
export async function verboseFormat(store: Store, format: string): Promise<string> {
	const { images, containers, volumes } = await rowsOf(store, { full: true });
	const lists: [string, Value][] = [
		["Images", slice("imageContext", images)],
		["Containers", slice("ContainerContext", containers.map(evaluated))],
		["Volumes", slice("volumeContext", volumes.map(evaluated))],
		["BuildCache", slice("buildCacheContext", [])],
	];
	const source = {
		Images: images,
		Containers: containers.map(evaluated),
		Volumes: volumes.map(evaluated),
		BuildCache: [],
	};
	const template = Template.parse(format === "json" ? "{{json .}}" : format);
	return template.execute(new Struct("formatter.diskUsageContext", new Map(lists), source));
}

const IMAGES = {
	Repository: "REPOSITORY",
	Tag: "TAG",
	ID: "IMAGE ID",
	CreatedSince: "CREATED",
	Size: "SIZE",
	SharedSize: "SHARED SIZE",
	UniqueSize: "UNIQUE SIZE",
	Containers: "CONTAINERS",
};
const CONTAINERS = {
	ID: "CONTAINER ID",
	Image: "IMAGE",
	Command: "COMMAND",
	LocalVolumes: "LOCAL VOLUMES",
	Size: "SIZE",
	RunningFor: "CREATED",
	Status: "STATUS",
	Names: "NAMES",
};
const CACHE = {
	ID: "CACHE ID",
	CacheType: "CACHE TYPE",
	Size: "SIZE",
	CreatedSince: "CREATED",
	LastUsedSince: "LAST USED",
	UsageCount: "USAGE",
	Shared: "SHARED",
};

async function rowsOf(store: Store, { full }: { full: boolean }): Promise<Rows> {
	const { images } = await usage(store);
	const summaries = await listContainers(store, { all: true });
	const rows = await containerRows(store, summaries, { full, size: false });
	return {
		images: listImages(store, { all: false }).map((image) => imageRow(image, images.get(image.id) ?? UNUSED, full)),
		// Without what its image takes: that stands above.
		containers: rows.map((row, index) => ({
			...row,
			Size: formatSize(writtenBytes(store, summaries[index]?.id ?? "")),
		})),
		volumes: await volumeRows(store),
	};
}

async function volumeRows(store: Store): Promise<Rows["volumes"]> {
	const found = await volumeUsage(store);
	found.sort((one, other) => compareNaturally(one.volume.name, other.volume.name));
	return found.map(({ volume, ...usage }) => volumeRow(volume, store.places, usage));
}

const UNUSED: ImageUsage = { shared: 0, unique: 0, containers: 0 };

/** Under the first of its names. */
function imageRow(
	image: ImageSummary,
	{ shared, unique, containers }: ImageUsage,
	full: boolean,
): Record<string, string> {
	const [name = `${NONE}:${NONE}`] = image.references;
	const colon = name.lastIndexOf(":");
	return {
		Containers: String(containers),
		CreatedAt: localTime(image.created),
		CreatedSince: `${since(image.created)} ago`,
		Digest: "",
		ID: full ? image.id : shortId(image.id),
		Repository: name.slice(0, colon),
		SharedSize: formatSize(shared, 4),
		Size: formatSize(image.size),
		Tag: name.slice(colon + 1),
		UniqueSize: formatSize(unique, 4),
		VirtualSize: formatSize(image.size, 4),
	};
}

/** Methods without an argument are fields in JSON; `.Label` is none. */
function evaluated(row: Record<string, Value | Method>): Record<string, Value> {
	const entries = Object.entries(row).filter(([name]) => name !== "Label");
	return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "function" ? value("") : value]));
}

const text = (value: Value | Method | undefined): string =>
	String(typeof value === "function" ? value("") : (value ?? ""));

const slice = (type: string, rows: readonly Record<string, Value>[]): GoSlice =>
	new GoSlice(
		rows.map((row) => new Struct(type, new Map(Object.entries(row)))),
		`[]*formatter.${type}`,
	);
