/** What a network costs a start, and ports: the default bridge beside no network at all, and beside podman's netavark. */

import * as contenders from "./contenders.ts";
import { type Engine, IMAGE, removeAll } from "./contenders.ts";
import { run, time, together } from "./measure.ts";
import type { Row } from "./rows.ts";

const SLEEP = [IMAGE, "sleep", "100000"];
const one = (engine: Engine | undefined, ...flags: string[]) =>
	engine && (() => time(engine.command("run", "--rm", ...flags, IMAGE, "true")));

export function networkRow(): Row {
	const engine = contenders.bunker("network");
	return {
		what: "run --rm IMG true on the default bridge",
		unit: "ms",
		rounds: 20,
		contenders: {
			bunker: one(engine),
			"--network none": one(engine, "--network", "none"),
			podman: one(contenders.podmanApart("network")),
		},
		more: { "--network none": 8 },
		bounds: { podman: 0.08 },
	};
}

export function publishRow(): Row {
	const engine = contenders.bunker("publish");
	return {
		what: "run --rm -p 8080:80 IMG true on the default bridge",
		unit: "ms",
		rounds: 40,
		contenders: { bunker: one(engine, "-p", "8080:80"), "without -p": one(engine) },
		more: { "without -p": 3 },
	};
}

/** The last of a hundred containers on one network beside the first. */
export function hundredRow(): Row {
	const engine = contenders.bunker("hundred");
	const network = ["--network", "hundred"];
	run(engine.command("network", "create", "hundred"));
	const start = () => time(engine.command("run", "-d", ...network, ...SLEEP));
	// The first of a network makes its bridge and its resolver, which is not what grows.
	const keeper = () => run(engine.command("run", "-d", ...network, ...SLEEP));
	return {
		what: "run -d, the hundredth on one network",
		unit: "ms",
		rounds: 5,
		contenders: {
			bunker: async () => {
				await together(Array(98).fill(engine.command("run", "-d", ...network, ...SLEEP)), 4);
				const last = start();
				removeAll(engine);
				keeper();
				return last;
			},
			"the second": () => {
				removeAll(engine);
				keeper();
				return start();
			},
		},
		bounds: { "the second": 1.5 },
		finish: () => {
			removeAll(engine);
			run(engine.command("network", "rm", "hundred"));
		},
	};
}

export function run50BridgeRow(): Row {
	const fifty = (engine: Engine | undefined) =>
		engine &&
		(async () => {
			const before = Bun.nanoseconds();
			await together(Array(50).fill(engine.command("run", "-d", ...SLEEP)), 8);
			const milliseconds = (Bun.nanoseconds() - before) / 1e6;
			removeAll(engine);
			return milliseconds;
		});
	return {
		what: "fifty run -d on the default bridge, eight at once",
		unit: "ms",
		rounds: 3,
		contenders: {
			bunker: fifty(contenders.bunker("run50-bridge")),
			podman: fifty(contenders.podmanApart("run50-bridge")),
		},
		bounds: { podman: 0.12 },
	};
}
