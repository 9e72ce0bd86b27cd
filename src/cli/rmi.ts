/** `rmi`. */

import { bool } from "../flags/flags.ts";
import { remove } from "../image/image.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	operands: { least: 1 },
	completes: ["image"],
	flags: {
		force: bool("f", "take the name away although a container uses the image"),
		// What docker prunes are the parents of images, and of them we keep layers only.
		"no-prune": bool("", "do not delete untagged parents, which bunker never does"),
	},
	examples: ["rmi tools:1", "rmi -f busybox"],
	async run({ values, operands, open }) {
		const store = await open();
		return forEachName(operands, (name) => {
			const { untagged, deleted } = remove(store, name, { force: values.force });
			const lines = [...untagged.map((name) => `Untagged: ${name}`), ...deleted.map((id) => `Deleted: ${id}`)];
			return lines.join("\n");
		});
	},
});
