/** `rm`. */

import { remove } from "../container/container.ts";
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
		force: bool("f", "also remove a container that runs, killing it; one that is not there is no error"),
	},
	examples: ["rm web", "rm -f web db"],
	async run({ values, operands, open }) {
		const store = await open();
		const failures = await remove(store, operands, { force: values.force, volumes: values.volumes });
		return forEachName(operands, (name, index) => {
			const failure = failures[index];
			if (failure === undefined) return name;
			if (!values.force || !isNoSuchContainer(failure)) throw failure;
			// docker prints the line, and succeeds.
			report(failure);
			return undefined;
		});
	},
});
