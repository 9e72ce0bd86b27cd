/** `tag`. */

import { tag } from "../image/image.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
	operands: { least: 2, most: 2 },
	completes: ["image"],
	flags: {},
	examples: ["tag busybox:latest tools:1"],
	async run({ operands: [source = "", target = ""], open }) {
		const store = await open();
		tag(store, source, target);
		return 0;
	},
});
