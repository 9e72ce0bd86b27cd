/** `--label`, `--label-file` and `--annotation`: what a container is marked with. */

import { list } from "./flags.ts";
import { readPairs, recordOf } from "./pairs.ts";
import { malformed } from "./usage.ts";

export const labelFlags = {
	annotation: list("", "add an annotation to the container's config.json: NAME=VALUE"),
	label: list("l", "set a label: NAME or NAME=VALUE"),
	"label-file": list("", "set the labels of a file, one a line", { completes: "file" }),
};

/**
 * The labels of both flags; those of -l win.
 * @throws Failure (125)
 */
export function parseLabels(values: { label: string[]; "label-file": string[] }): Record<string, string> | undefined {
	const files = values["label-file"];
	const ofFiles = files.length > 0 ? files.flatMap((path) => readPairs("--label-file", path)) : [];
	const pairs = [...ofFiles, ...values.label];
	const [nameless] = pairs.filter((pair) => pair === "" || pair.startsWith("="));
	if (nameless !== undefined) throw malformed(`invalid label "${nameless}": a name is expected`);
	return pairs.length > 0 ? recordOf(pairs) : undefined;
}

/**
 * docker takes none without a value; what begins with `bunker.` is ours alone.
 * @throws Failure (125)
 */
export function parseAnnotations(annotations: readonly string[]): Record<string, string> | undefined {
	for (const annotation of annotations) {
		if (!/^[^=]+=/.test(annotation)) throw malformed(`invalid annotation "${annotation}": NAME=VALUE is expected`);
		if (annotation.startsWith("bunker."))
			throw malformed(`invalid annotation "${annotation}": names that begin with "bunker." are bunker's own`);
	}
	return annotations.length > 0 ? recordOf(annotations) : undefined;
}
