/** The lines of `ps` for --format, as docker's fields have them. Imported only when --format is given. */

import { Facts, mountPoints, type Summary, shownNetworks, shownPorts, writtenBytes } from "../container/container.ts";
import type { Store } from "../kernel/store.ts";
import { type Listing, labelTitle, type Row } from "../template/format.ts";
import { since } from "../text/age.ts";
import { localTime } from "../text/localtime.ts";
import { formatSize } from "../text/size.ts";
import { shorten, shortId } from "../text/table.ts";
import { commandText, status } from "./container-text.ts";
import { portsText } from "./ports-text.ts";

/** docker/cli, formatter: maximum width of a mount's name */
const MOUNT_WIDTH = 15;

/** What `ps --format` can print. @param size `raw` has a line for it */
export const containerListing = (size: boolean): Listing => ({
	type: "container",
	titles: {
		Command: "COMMAND",
		CreatedAt: "CREATED AT",
		ID: "CONTAINER ID",
		Image: "IMAGE",
		Labels: "LABELS",
		LocalVolumes: "LOCAL VOLUMES",
		Mounts: "MOUNTS",
		Names: "NAMES",
		Networks: "NETWORKS",
		Platform: "PLATFORM",
		Ports: "PORTS",
		RunningFor: "CREATED",
		Size: "SIZE",
		State: "STATE",
		Status: "STATUS",
	},
	methods: { Label: labelTitle },
	raw: size ? `${RAW}size: {{.Size}}\n` : RAW,
});

const RAW = `container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
`;

/**
 * Makes rows of containers.
 * @param options.full nothing is cut
 * @param options.size what a container has written is looked up even if no template names it
 */
export async function containerRows(
	store: Store,
	summaries: readonly Summary[],
	options: { full: boolean; size: boolean },
): Promise<Row[]> {
	const facts = new Facts(store);
	const [networks, ports] = [await shownNetworks(store), await shownPorts(store, facts)];
	return summaries.map((summary) => {
		const mounts = mountPoints(store, summary.options);
		const labels = () => facts.labels(summary);
		return {
			Command: commandText(summary, options.full),
			CreatedAt: () => localTime(summary.created),
			ID: options.full ? summary.id : shortId(summary.id),
			Image: summary.image,
			Label: (name: string) => (Object.hasOwn(labels(), name) ? labels()[name] : ""),
			Labels: () =>
				Object.entries(labels())
					.map(([name, value]) => `${name}=${value}`)
					.join(","),
			LocalVolumes: String(mounts.filter((mount) => mount.Driver === "local").length),
			Mounts: mounts.map((mount) => shortMount(mount.Name ?? mount.Source, options.full)).join(","),
			Names: summary.name,
			Networks: networks(summary)
				.map(({ name }) => name)
				.join(","),
			Platform: null,
			Ports: portsText(ports(summary)),
			RunningFor: `${since(summary.created)} ago`,
			Size: options.size ? () => sizeText(store, facts, summary) : "0B",
			State: summary.state,
			Status: status(summary),
		};
	});
}

const shortMount = (name: string, full: boolean): string => (full ? name : shorten(name, MOUNT_WIDTH));

/** `12kB (virtual 1.98MB)`: what it has written, and that with its image. */
export function sizeText(store: Store, facts: Facts, summary: Summary): string {
	const written = writtenBytes(store, summary.id);
	const whole = written + (facts.image(summary)?.size ?? 0);
	return whole > 0 ? `${formatSize(written)} (virtual ${formatSize(whole)})` : formatSize(written);
}
