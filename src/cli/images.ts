/** `images`: one line for each name of an image, and one for an image without. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import type { ImageSummary } from "../image/image.ts";
import { since } from "./age.ts";
import { bool } from "./flags.ts";
import { formatSize } from "./size.ts";
import { shortId, table } from "./table.ts";
import { verb } from "./verb.ts";

const NONE = "<none>";

/** An image under one of its names. */
interface Line {
	repository: string;
	tag: string;
	image: ImageSummary;
}

export default verb({
	usage: "[OPTIONS] [REPOSITORY[:TAG]]",
	operands: { least: 0, most: 1 },
	flags: {
		all: bool("a", "all images; bunker keeps none that this hides"),
		digests: bool("", "print digests"),
		"no-trunc": bool("", "print ids in full"),
		quiet: bool("q", "print ids only"),
	},
	examples: ["images", "images busybox", "images -q --no-trunc"],
	async run({ values, operands: [pattern], open }) {
		const store = await open();
		const { list } = await import("../image/image.ts");
		const lines = list(store).flatMap(linesOf).filter(matching(pattern));
		const id = (line: Line) => (values["no-trunc"] ? line.image.id : shortId(line.image.id));
		if (values.quiet) writeOut(STDOUT, lines.map((line) => `${id(line)}\n`).join(""));
		else writeOut(STDOUT, table([titles(values.digests), ...lines.map((line) => row(line, id(line), values.digests))]));
		return 0;
	},
});

function linesOf(image: ImageSummary): Line[] {
	const named = image.references.map((reference) => {
		const colon = reference.lastIndexOf(":");
		return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1), image };
	});
	return named.length > 0 ? named : [{ repository: NONE, tag: NONE, image }];
}

/** docker matches as a shell does file names; without a tag, any. */
function matching(pattern: string | undefined): (line: Line) => boolean {
	if (pattern === undefined) return () => true;
	const tagged = pattern.lastIndexOf(":") > pattern.lastIndexOf("/");
	const glob = new Bun.Glob(pattern.replace(/^docker\.io\/(library\/)?/, ""));
	return ({ repository, tag }) => glob.match(tagged ? `${repository}:${tag}` : repository);
}

const titles = (digests: boolean): string[] => [
	"REPOSITORY",
	"TAG",
	...(digests ? ["DIGEST"] : []),
	"IMAGE ID",
	"CREATED",
	"SIZE",
];

/** No image has a digest of a registry's yet. */
const row = ({ repository, tag, image }: Line, id: string, digests: boolean): string[] => [
	repository,
	tag,
	...(digests ? [NONE] : []),
	id,
	`${since(image.created)} ago`,
	formatSize(image.size),
];
