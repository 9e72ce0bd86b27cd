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
		"no-prune": bool("", "do not delete images without a name that it was committed on top of"),
	},
	examples: ["rmi tools:1", "rmi -f busybox"],
	async run({ values, operands, open }) {
		const store = await open();
		return forEachName(operands, (name) => {
			const { untagged, deleted } = remove(store, name, { force: values.force, prune: !values["no-prune"] });
			const lines = [...untagged.map((name) => `Untagged: ${name}`), ...deleted.map((id) => `Deleted: ${id}`)];
			return lines.join("\n");
		});
	},
});
