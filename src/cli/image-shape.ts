/** docker's types of what `inspect` says of an image (moby, api/types/image), field by field. */

import { int, maybe, type Shape, struct, text, texts, time } from "../template/shape.ts";
import { config, graphDriver } from "./container-shape.ts";

/** image.InspectResponse */
export const imageShape: Shape = struct("image.InspectResponse", {
	"ID=Id": text,
	RepoTags: texts,
	RepoDigests: texts,
	Parent: text,
	Comment: text,
	Created: text,
	Container: text,
	ContainerConfig: maybe(config),
	DockerVersion: text,
	Author: text,
	Config: maybe(config),
	Architecture: text,
	Variant: text,
	Os: text,
	OsVersion: text,
	Size: int,
	VirtualSize: int,
	GraphDriver: graphDriver,
	RootFS: struct("image.RootFS", { Type: text, Layers: texts }),
	Metadata: struct("image.Metadata", { LastTagTime: time }),
});
