/** `rmi`. */

import { Failure } from "../failure.ts";
import { bool, list } from "../flags/flags.ts";
import { platformFrom, remove, requirePlatform } from "../image/image.ts";
import { forEachName } from "./each.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [IMAGE...]",
	operands: { least: 1 },
	completes: ["image"],
	flags: {
		force: bool("f", "take the name away although a container uses the image"),
		"no-prune": bool("", "do not delete images without a name that it was committed on top of"),
		platform: list("", "an error unless it is for os[/arch[/variant]]"),
	},
	examples: ["rmi tools:1", "rmi -f busybox"],
	async run({ values, operands, open }) {
		const [wanted, ...more] = values.platform.flatMap((text) => text.split(","));
		const platform = await platformFrom(wanted);
		if (more.length > 0) throw new Failure("multiple platforms are not supported: an image here is of one");
		const store = await open();
		return forEachName(operands, async (name) => {
			await requirePlatform(store, name, platform);
			const { untagged, deleted } = remove(store, name, { force: values.force, prune: !values["no-prune"] });
			const lines = [...untagged.map((name) => `Untagged: ${name}`), ...deleted.map((id) => `Deleted: ${id}`)];
			return lines.join("\n");
		});
	},
});
