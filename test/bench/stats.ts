/** What `stats --no-stream` of a hundred containers costs, its sampling apart. */

import * as contenders from "./contenders.ts";
import { IMAGE, removeAll } from "./contenders.ts";
import { cpuTime, run, time } from "./measure.ts";
import type { Row } from "./rows.ts";

/** Milliseconds that lie between its two samples, whatever else it does. */
const SAMPLING = 1000;

/** @param cpu its CPU time; otherwise the time beyond the sampling, beside that of `ps` */
export function statsRow(cpu: boolean): () => Row {
	return () => {
		const engine = contenders.bunker("stats");
		for (let n = 0; n < 100; n++) run(engine.command("run", "-d", "--network", "none", IMAGE, "sleep", "100000"));
		const once = engine.command("stats", "--no-stream");
		const finish = () => removeAll(engine);
		const what = `stats --no-stream with 100 containers, ${cpu ? "CPU time" : "beyond the second between its samples"}`;
		if (cpu) return { what, unit: "ms", rounds: 20, contenders: { bunker: () => cpuTime(once) }, limit: 40, finish };
		const both = { bunker: () => time(once) - SAMPLING, ps: () => time(engine.command("ps")) };
		return { what, unit: "ms", rounds: 20, contenders: both, bounds: { ps: 2 }, finish };
	};
}
