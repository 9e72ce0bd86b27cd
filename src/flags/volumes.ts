/**
 * What is mounted in a container for its user: volumes, paths of the host,
 * images, memory. Only the table; what the values mean is loaded where one is
 * given (volume-values.ts, mount-values.ts).
 */

import type { RunOptions } from "../container/options.ts";
import { list, string, type Values } from "./flags.ts";

export const volumeFlags = {
	mount: list("", "mount something: type=bind|volume|tmpfs|image,src=SRC,dst=DST[,readonly][,OPTION=VALUE]"),
	volume: list("v", "show a volume, or a directory or file of the host: [SRC:]DST[:ro]", { completes: "file" }),
	"volume-driver": string("", "the driver of volumes that have to be made", {
		standard: "local",
		completes: ["local"],
	}),
	"volumes-from": list("", "mount the volumes of another container: CONTAINER[:ro]", { completes: "container" }),
};

export type VolumeValues = Values<typeof volumeFlags>;
export type VolumeOptions = Pick<RunOptions, "volumes" | "mounts" | "volumesFrom" | "volumeDriver">;

/** @throws Failure (125) */
export async function readVolumes(values: VolumeValues): Promise<VolumeOptions> {
	const { mount, volume, "volumes-from": from, "volume-driver": driver } = values;
	if (!driver && mount.length + volume.length + from.length === 0) return { volumes: [] };
	const { parseDriver, parseVolumes, parseVolumesFrom } = await import("./volume-values.ts");
	return {
		volumes: parseVolumes(volume),
		...(mount.length > 0 && { mounts: await (await import("./mount-values.ts")).parseMounts(mount) }),
		...(from.length > 0 && { volumesFrom: parseVolumesFrom(from) }),
		...(driver && { volumeDriver: parseDriver(driver) }),
	};
}
