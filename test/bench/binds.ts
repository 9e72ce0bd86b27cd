/** What ten binds cost a run, in places that the image has and in others, which are made. */

import { mkdirSync } from "node:fs";
import * as contenders from "./contenders.ts";
import { removeAll } from "./contenders.ts";
import { run, time } from "./measure.ts";
import type { Row } from "./rows.ts";

const OFFLINE = ["--network", "none"];
const NUMBERS = Array.from({ length: 10 }, (_, index) => index);

/** Beside the same run without any. */
export function bindsRow(): Row {
	const engine = contenders.bunker("binds");
	const source = `${contenders.directory}/binds`;
	for (const number of NUMBERS) mkdirSync(`${source}/${number}`, { recursive: true });
	const make = `mkdir -p ${NUMBERS.map((number) => `/places/${number}`).join(" ")}`;
	run(engine.command("run", "--name", "maker", ...OFFLINE, contenders.IMAGE, "sh", "-c", make));
	run(engine.command("commit", "maker", "places"));
	removeAll(engine);
	const one = (directory: string | undefined) => () => {
		const flags = NUMBERS.flatMap((number) => ["-v", `${source}/${number}:/${directory}/${number}`]);
		return time(engine.command("run", "--rm", ...OFFLINE, ...(directory ? flags : []), "places", "true"));
	};
	return {
		what: "run with ten binds, 50 ms apart",
		unit: "ms",
		rounds: 100,
		pause: 50,
		contenders: { bunker: one("places"), "without binds": one(undefined), "in places to be made": one("made") },
		more: { "without binds": 1 },
	};
}
