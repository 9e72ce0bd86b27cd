/** `info`: what bunker sees of this host, and what it does not do yet. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { kernelRelease } from "../../ffi/process.ts";
import { version } from "../../package.json";
import { cgroupVersion } from "./host.ts";
import { verb } from "./verb.ts";
import { architecture } from "./version.ts";

/** docker prints such lines after the rest, on stderr. */
const WARNINGS = [
	"no seccomp filter yet: containers can make every system call that their capabilities allow",
	"no networks yet: --network none or host",
	"no limits on resources yet: containers stay in the cgroup that bunker is started in",
];

export default verb({
	usage: "",
	operands: { least: 0, most: 0 },
	flags: {},
	examples: ["info"],
	async run({ open }) {
		const store = await open();
		const { count } = await import("../container/container.ts");
		const { list } = await import("../image/image.ts");
		const { containers, running, stopped } = count(store);
		const lines = [
			`Containers: ${containers}`,
			` Running: ${running}`,
			` Stopped: ${stopped}`,
			`Images: ${list(store).length}`,
			`Bunker Version: ${version}`,
			"Storage Driver: overlay",
			"Logging Driver: local",
			`Cgroup Version: ${cgroupVersion()}`,
			"Security Options: the default capabilities, masked and read-only paths",
			"Networks: none host",
			`Kernel Version: ${kernelRelease()}`,
			`OS/Arch: linux/${architecture}`,
			`Root Dir: ${store.places.root}`,
			`Run Dir: ${store.places.runRoot}`,
		];
		writeOut(STDOUT, `${lines.join("\n")}\n`);
		const { warn } = await import("./notice.ts");
		WARNINGS.forEach(warn);
		return 0;
	},
});
