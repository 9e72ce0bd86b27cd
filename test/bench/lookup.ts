/** What a container waits for a name: asked of 127.0.0.11 from inside, by a small client of its own. */

import { type Engine, IMAGE, removeAll } from "./contenders.ts";
import { output, run } from "./measure.ts";
import type { Row } from "./rows.ts";

const NETWORK = "lookup";

/** @param engine with nothing in it */
export function lookupRow(engine: Engine): Row {
	const networks = output(engine.command("network", "ls", "-q", "--filter", `name=^${NETWORK}$`));
	if (networks === "") run(engine.command("network", "create", NETWORK));
	for (const name of ["asking", "asked"])
		run(engine.command("run", "-d", "--name", name, "--network", NETWORK, IMAGE, "sleep", "100000"));
	const [{ State }] = JSON.parse(output(engine.command("inspect", "asking")));
	const ask = ["nsenter", `--net=/proc/${State.Pid}/ns/net`, process.execPath, "test/bench/asker.ts", "asked"];
	return {
		what: "look-up of a container's name, the median of 200, one after the other",
		unit: "ms",
		rounds: 10,
		contenders: { bunker: () => Number(output({ words: ask })) },
		limit: 1,
		finish: () => {
			removeAll(engine);
			run(engine.command("network", "rm", NETWORK));
		},
	};
}
