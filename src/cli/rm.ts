/** `rm`. */

import { remove, removeLink } from "../container/container.ts";
import { bool } from "../flags/flags.ts";
import { forEachName } from "./each.ts";
import { isNoSuchContainer } from "./missing.ts";
import { report } from "./report.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER [CONTAINER...]",
	operands: { least: 1 },
	completes: ["container"],
	flags: {
		volumes: bool("v", "remove its volumes without a name, too"),
		link: bool("l", "remove the link NAME/ALIAS that run --link has made on the default network, and no container"),
		force: bool("f", "also remove a container that runs, killing it; one that is not there is no error"),
	},
	examples: ["rm web", "rm -f web db", "rm --link web/db"],
	async run({ values, operands, open }) {
		const store = await open();
		const failures = values.link ? [] : await remove(store, operands, { force: values.force, volumes: values.volumes });
		return forEachName(operands, async (name, index) => {
			const failure = values.link ? await failureOf(() => removeLink(store, name)) : failures[index];
			if (failure === undefined) return name;
			if (!values.force || !isNoSuchContainer(failure)) throw failure;
			// docker prints the line, and succeeds.
			report(failure);
			return undefined;
		});
	},
});

async function failureOf(work: () => Promise<void>): Promise<unknown> {
	try {
		await work();
		return undefined;
	} catch (failure) {
		return failure;
	}
}
