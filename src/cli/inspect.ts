/** `inspect`: containers and images in docker's JSON. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { Failure } from "../failure.ts";
import type { Store } from "../kernel/store.ts";
import { describeImage } from "./image.ts";
import { isNoSuchContainer } from "./missing.ts";
import { report } from "./report.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "NAME|ID [NAME|ID...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {},
	description: "A name is looked for among the containers first, then among the images.",
	examples: ["inspect web", "inspect busybox"],
	async run({ operands, open }) {
		const store = await open();
		const found: object[] = [];
		const failures: unknown[] = [];
		for (const name of operands) {
			try {
				found.push(await inspectAny(store, name));
			} catch (error) {
				failures.push(error);
			}
		}
		// docker prints the list first, be it empty.
		writeOut(STDOUT, `${JSON.stringify(found, null, 4)}\n`);
		for (const failure of failures) report(failure);
		return failures.length > 0 ? 1 : 0;
	},
});

async function inspectAny(store: Store, name: string): Promise<object> {
	const { inspect } = await import("../container/container.ts");
	try {
		return inspect(store, name);
	} catch (error) {
		if (!isNoSuchContainer(error)) throw error;
	}
	const { find } = await import("../image/image.ts");
	const image = find(store, name);
	if (!image) throw new Failure(`no such object: ${name}`);
	return describeImage(image, store.places);
}
