/** `exec`. */

import { exec } from "../container/container.ts";
import { detachKeysFlag, parseDetachKeys } from "../flags/attaching.ts";
import { bool, string } from "../flags/flags.ts";
import { outsideFlags } from "../flags/usage.ts";
import { readVariables, resolveVariables, variableFlags } from "../flags/variables.ts";
import { requireTerminal } from "./terminal.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
	operands: { least: 2 },
	completes: ["container"],
	stopAtFirst: true,
	flags: {
		detach: bool("d", "run in the background"),
		"detach-keys": detachKeysFlag,
		...variableFlags,
		interactive: bool("i", "keep stdin open"),
		privileged: bool("", "give it all capabilities"),
		tty: bool("t", "give the program a terminal"),
		user: string("u", "run as NAME|UID[:GROUP|GID]"),
		workdir: string("w", "the working directory in the container"),
	},
	examples: ["exec web ps", "exec -it web sh", "exec -e DEBUG=1 -u app -w /srv web ./check"],
	async run({ values, operands: [name = "", ...command], open, config }) {
		const env = await resolveVariables([...outsideFlags(() => readVariables(values["env-file"])), ...values.env]);
		const { "detach-keys": configured } = await config();
		const detachKeys = outsideFlags(() => parseDetachKeys(values["detach-keys"], configured));
		const store = await open();
		const { detach, interactive, privileged, tty } = values;
		return exec(store, name, {
			command,
			env,
			workingDirectory: values.workdir || undefined,
			user: values.user || undefined,
			interactive,
			privileged,
			tty,
			detach,
			detachKeys,
			found: () => detach || requireTerminal(values),
		});
	},
});
