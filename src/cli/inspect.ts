/** `inspect`: containers, images, networks and volumes in docker's JSON. */

import { Failure } from "../failure.ts";
import { bool, string } from "../flags/flags.ts";
import { type ObjectType, printObjects } from "./objects.ts";
import { verb } from "./verb.ts";

/** docker's; of most bunker has none. */
const TYPES = ["config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"];
const OURS: readonly string[] = ["container", "image", "network", "volume"] satisfies ObjectType[];

export default verb({
	usage: "[OPTIONS] NAME|ID [NAME|ID...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		format: string("f", "print with a Go template, or 'json' in one line"),
		size: bool("s", "count what containers have written: SizeRw and SizeRootFs"),
		type: string("", "look only among these: container, image, network or volume", {
			completes: ["container", "image", "network", "volume"],
		}),
	},
	description: "A name is looked for among the containers first, then among the images, the networks and the volumes.",
	examples: [
		"inspect web",
		"inspect --type image busybox",
		"inspect -f '{{.State.Status}} {{range .Mounts}}{{.Source}} {{end}}' web",
	],
	run: ({ values, operands, open }) =>
		printObjects(open, operands, { type: typeOf(values.type), format: values.format, size: values.size }),
});

/** @throws Failure for a word that is no type, and for docker's of which there are none */
function typeOf(type: string | undefined): ObjectType | undefined {
	if (type === undefined || OURS.includes(type)) return type as ObjectType | undefined;
	const expected = `one of ${TYPES.join(", ")} is expected`;
	if (type === "") throw new Failure(`--type is empty: ${expected}`);
	if (!TYPES.includes(type)) throw new Failure(`unknown type "${type}": ${expected}`);
	throw new Failure(`--type ${type}: bunker has containers, images, networks and volumes only`);
}
