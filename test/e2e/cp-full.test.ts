/** `cp` where the disk is full: what is copied out may be what is to be saved. */

import { describe, expect } from "bun:test";
import { busyboxTar, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("cp on a full disk", () => {
	const engine = useEngine("cp-full");

	ours("copies out, into a file and into an archive; what goes in fails with its reason", async () => {
		const bunker = engine.command.map((word) => `'${word}'`).join(" ");
		const directory = engine.scratch();
		const script = `
			mount -t tmpfs -o size=30m small ${directory} || exit 9
			export BUNKER_ROOT=${directory}
			${bunker} import ${await busyboxTar()} busybox >/dev/null || exit 8
			${bunker} create --name save --network none busybox true >/dev/null || exit 7
			cd ${engine.scratch()}; echo precious >it; ${bunker} cp -q it save:/it || exit 6
			cp /dev/zero ${directory}/pad 2>/dev/null
			${bunker} cp -q save:/it out 2>&1; cat out; ${bunker} cp save:/it - | tar t
			head -c 100000 /dev/zero >large; ${bunker} cp -q large save:/large 2>&1; echo $?`;
		const words = ["unshare", "-m", "--propagation", "private", "sh", "-c", script];
		const { stdout } = Bun.spawnSync(words, { env: engine.environment, stdin: "ignore" });
		expect(stdout.toString()).toMatch(/^precious\nit\nbunker: [^\n]*ENOSPC \(no space left on device\)\n1\n$/);
	});
});
