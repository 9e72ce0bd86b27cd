/** `create`: a container that waits for `start`. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { create } from "../container/container.ts";
import { reserveIdFile } from "../flags/cidfile.ts";
import { createFlags, runOptions } from "../flags/options.ts";
import { refuseCreate } from "./refuse.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
	operands: { least: 0 },
	completes: ["image"],
	stopAtFirst: true,
	flags: createFlags,
	description: "With --rootfs DIR there is no IMAGE: the command follows the options.",
	examples: ["create --name web busybox httpd -f", "create -it --name shell busybox sh"],
	async run({ values, operands, open, config }) {
		const options = await runOptions("create", { ...values, detach: false }, operands, await config());
		const store = await open();
		try {
			using file = reserveIdFile(values.cidfile);
			const id = await create(store, options);
			file.write(id);
			writeOut(STDOUT, `${id}\n`);
			return 0;
		} catch (error) {
			return refuseCreate(error);
		}
	},
});
