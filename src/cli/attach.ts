/** `attach`. */

import { attach, detachedEarly } from "../container/container.ts";
import { detachKeysFlag, parseDetachKeys, reportSkipped, signalProxyFlag } from "../flags/attaching.ts";
import { bool } from "../flags/flags.ts";
import { outsideFlags } from "../flags/usage.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] CONTAINER",
	operands: { least: 1, most: 1 },
	completes: ["container"],
	flags: {
		"detach-keys": detachKeysFlag,
		"no-stdin": bool("", "pass no stdin on"),
		"sig-proxy": signalProxyFlag,
	},
	description:
		"Up to eight may be attached at once. One that reads more slowly than the program\nwrites is not waited for: it is told how much it has missed.",
	examples: ["attach web", "attach --no-stdin --sig-proxy=false web", "attach --detach-keys ctrl-x,x shell"],
	async run({ values, operands: [name = ""], open, config }) {
		const { "detach-keys": configured } = await config();
		const detachKeys = outsideFlags(() => parseDetachKeys(values["detach-keys"], configured));
		const store = await open();
		const options = { stdin: !values["no-stdin"], signalProxy: values["sig-proxy"], detachKeys };
		const end = await attach(store, name, options);
		await reportSkipped(name, end.skipped);
		if (end.detached) throw detachedEarly();
		return end.exitCode;
	},
});
