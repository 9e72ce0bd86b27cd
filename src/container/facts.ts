/** What listings and `inspect` say of a container beside its row: labels, mounts, ports. Asked for one by one: each costs. */

import { find, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { volumeContent } from "../places.ts";
import type { RunOptions } from "./options.ts";
import { pointsOf } from "./points.ts";

/** A mount that the user has asked for, as docker's MountPoint. */
export interface MountPoint {
	Type: "bind" | "volume" | "tmpfs" | "image";
	/** of a volume or image, as typed */
	Name?: string;
	Source: string;
	Destination: string;
	/** of a volume */
	Driver?: string;
	Mode: string;
	RW: boolean;
	Propagation: string;
}

/** What facts are about: a summary or a row. */
export interface Subject {
	/** id of the image */
	imageId: string | null;
	options: RunOptions;
}

/** Facts of containers; an image that many were made of is read once. */
export class Facts {
	private readonly images = new Map<string, Image | undefined>();

	constructor(private readonly store: Store) {}

	/** The image of a container; undefined with --rootfs. */
	image({ imageId }: Pick<Subject, "imageId">): Image | undefined {
		if (imageId === null) return undefined;
		if (!this.images.has(imageId)) this.images.set(imageId, find(this.store, imageId));
		return this.images.get(imageId);
	}

	/** The image's labels with those of the flags over them, sorted. */
	labels(container: Subject): Record<string, string> {
		const merged = { ...this.image(container)?.config.config.Labels, ...container.options.labels };
		return Object.fromEntries(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));
	}

	/** `80/tcp`: what the image and the flags expose; what is published is exposed, too. */
	exposed(container: Subject): string[] {
		const image = Object.keys(this.image(container)?.config.config.ExposedPorts ?? {});
		return [...new Set([...image, ...exposedPorts(container.options)].map(withProtocol))].sort();
	}
}

/** `80/tcp`: what the flags expose, and publish. */
export const exposedPorts = ({ expose = [], publish = [] }: RunOptions): string[] => [
	...expose,
	...publish.map(({ port, protocol }) => `${port}/${protocol}`),
];

/** Docker's default is TCP. */
const withProtocol = (port: string): string => (port.includes("/") ? port : `${port}/tcp`);

const imageNameAt = ({ mounts = [] }: RunOptions, target: string): string =>
	mounts.find((mount) => mount.target === target)?.source ?? "";

/** What is mounted in a container, as docker shows it; --tmpfs is not of it (moby, daemon/inspect.go). */
export function mountPoints(store: Store, options: RunOptions): MountPoint[] {
	return pointsOf(options).map(({ type, source, target, mode, readOnly, propagation }) => ({
		Type: type,
		...(type === "volume" && { Name: source }),
		...(type === "image" && { Name: imageNameAt(options, target) }),
		Source: type === "volume" ? volumeContent(store.places, source) : source,
		Destination: target,
		...(type === "volume" && { Driver: "local" }),
		Mode: mode,
		RW: !readOnly,
		Propagation: type === "bind" || type === "image" ? (propagation ?? "rprivate") : "",
	}));
}
