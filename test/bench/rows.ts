/** The rows of the bench: what is measured, against whom, and the bounds of the issue ("How fast"). */

import { bindsRow } from "./binds.ts";
import * as contenders from "./contenders.ts";
import { type Engine, IMAGE, removeAll } from "./contenders.ts";
import { copyRow } from "./copies.ts";
import { lookupRow } from "./lookup.ts";
import { largeImage, lines } from "./material.ts";
import { type Command, output, run, time, together } from "./measure.ts";
import { memoryOf } from "./memory.ts";
import { hundredRow, networkRow, publishRow, run50BridgeRow } from "./network.ts";
import { restartCost } from "./restart.ts";
import { statsRow } from "./stats.ts";
import { containersRow, hostRow, publishedRow } from "./throughput.ts";

/** One measurement; what comes before and after is not in it. */
export type Measure = () => number | Promise<number>;

export interface Row {
	what: string;
	unit: "ms" | "kB";
	rounds: number;
	/** milliseconds between two measurements */
	pause?: number;
	/** ours first; undefined: not installed */
	contenders: Record<string, Measure | undefined>;
	/** the most that our median may be of theirs */
	bounds?: Record<string, number>;
	/** the most that our median may be above theirs, in the row's unit */
	more?: Record<string, number>;
	/** the same as `bounds`, as a wish */
	aims?: Record<string, number>;
	/** the most that our median may be, in the row's unit */
	limit?: number;
	finish?: () => void;
}

const OFFLINE = ["--network", "none"];
const timed = (make: (() => Command) | undefined) => make && (() => time(make()));

function runRow(): Row {
	const one = (engine: Engine | undefined) =>
		engine && (() => time(engine.command("run", "--rm", ...OFFLINE, IMAGE, "true")));
	return {
		what: "run --rm --network none IMG true, 100 ms apart",
		unit: "ms",
		rounds: 30,
		pause: 100,
		contenders: {
			bunker: one(contenders.bunker("run")),
			runc: timed(contenders.runc()),
			podman: one(contenders.podman("run")),
			crun: timed(contenders.crun()),
			"crun without cgroups": timed(contenders.crun("--cgroup-manager=disabled")),
			bwrap: timed(contenders.bwrap()),
			"empty program": timed(contenders.empty()),
		},
		bounds: { runc: 0.6, podman: 0.1 },
		aims: { crun: 1, bwrap: 2.5, "empty program": 3 },
	};
}

/** What the cgroup costs a run: beside the same where no hierarchy is mounted, both by way of nsenter. */
function cgroupRow(pause: number, most: number): () => Promise<Row> {
	return async () => {
		const engine = contenders.bunker(`cgroup${pause}`);
		const usual = await contenders.mountNamespace("true");
		const bare = await contenders.mountNamespace("umount -a -t cgroup,cgroup2");
		const one = (namespace: contenders.MountNamespace) => () =>
			time(namespace.command(engine.command("run", "--rm", ...OFFLINE, IMAGE, "true")));
		return {
			what: `run with a cgroup, ${pause} ms apart`,
			unit: "ms",
			rounds: 40,
			pause,
			contenders: { bunker: one(usual), "without cgroups": one(bare) },
			more: { "without cgroups": most },
			finish: () => {
				for (const namespace of [usual, bare]) namespace.end();
				clear([engine]);
			},
		};
	};
}

function execRow(): Row {
	const engines = [contenders.bunker("exec"), contenders.podman("exec")];
	const one = (engine: Engine | undefined) => {
		if (!engine) return undefined;
		run(engine.command("run", "-d", "--name", "box", ...OFFLINE, IMAGE, "sleep", "100000"));
		return () => time(engine.command("exec", "box", "true"));
	};
	return {
		what: "exec CTR true",
		unit: "ms",
		rounds: 30,
		contenders: { bunker: one(engines[0]), podman: one(engines[1]) },
		bounds: { podman: 0.1 },
		finish: () => clear(engines),
	};
}

function restartRow(): Row {
	const engine = contenders.bunker("restart");
	return {
		what: "CPU of one restart of --restart always (bunker, both monitors, the tape)",
		unit: "ms",
		rounds: 20,
		contenders: { bunker: restartCost(engine) },
		limit: 20,
		finish: () => clear([engine]),
	};
}

function psRow(containers: number): () => Row {
	return () => {
		const engines = [contenders.bunker(`ps${containers}`), contenders.podman(`ps${containers}`)];
		const one = (engine: Engine | undefined) => {
			if (!engine) return undefined;
			// Half of them run: a listing has to look at those.
			for (let n = 0; n < containers; n++)
				run(engine.command("run", "-d", ...OFFLINE, IMAGE, n % 2 ? "true" : "sleep", "100000"));
			return () => time(engine.command("ps", "-a"));
		};
		return {
			what: `ps -a with ${containers} containers`,
			unit: "ms",
			rounds: 30,
			contenders: { bunker: one(engines[0]), podman: one(engines[1]) },
			bounds: { podman: 0.1 },
			finish: () => clear(engines),
		};
	};
}

function versionRow(): Row {
	return {
		what: "version",
		unit: "ms",
		rounds: 30,
		contenders: {
			bunker: () => time({ words: [contenders.binary, "version"] }),
			"empty program": timed(contenders.empty()),
		},
		bounds: { "empty program": 1.5 },
	};
}

function helpRow(what: string, ...words: string[]): () => Row {
	return () => ({
		what,
		unit: "ms",
		rounds: 30,
		contenders: {
			bunker: () => time({ words: [contenders.binary, ...words] }),
			"empty program": timed(contenders.empty()),
		},
		bounds: { "empty program": 2 },
	});
}

/** The names of containers: the most that a completion asks. */
function completionRow(): Row {
	const engine = contenders.bunker("completion");
	return {
		what: "completion of a container's name",
		unit: "ms",
		rounds: 30,
		contenders: {
			bunker: () => time(engine.command("__complete", "bash", "logs", "")),
			"empty program": timed(contenders.empty()),
		},
		bounds: { "empty program": 2 },
	};
}

function run50Row(): Row {
	const one = (engine: Engine | undefined) =>
		engine &&
		(async () => {
			const before = Bun.nanoseconds();
			await together(Array(50).fill(engine.command("run", "-d", ...OFFLINE, IMAGE, "sleep", "100000")), 8);
			const milliseconds = (Bun.nanoseconds() - before) / 1e6;
			removeAll(engine);
			return milliseconds;
		});
	return {
		what: "fifty run -d, eight at once",
		unit: "ms",
		rounds: 5,
		contenders: { bunker: one(contenders.bunker("run50")), podman: one(contenders.podman("run50")) },
		bounds: { podman: 0.15 },
	};
}

function rm30Row(): Row {
	const one = (engine: Engine | undefined) =>
		engine &&
		(async () => {
			await together(Array(30).fill(engine.command("run", "-d", ...OFFLINE, IMAGE, "sleep", "100000")), 4);
			const ids = output(engine.command("ps", "-q")).split("\n");
			return time(engine.command("rm", "-f", ...engine.kill, ...ids));
		});
	return {
		what: "rm -f of thirty running containers",
		unit: "ms",
		rounds: 5,
		contenders: { bunker: one(contenders.bunker("rm30")), podman: one(contenders.podman("rm30")) },
		bounds: { podman: 0.15 },
	};
}

function pssRow(): Row {
	const engines = [contenders.bunker("pss"), contenders.podman("pss")];
	const one = (engine: Engine | undefined) => engine && (() => memoryOf(engine));
	return {
		what: "memory kept for an idle detached container (PSS, memfds included)",
		unit: "kB",
		rounds: 5,
		contenders: { bunker: one(engines[0]), podman: one(engines[1]) },
		limit: 250,
	};
}

/**
 * Every round has a root of its own, and all are removed at the end: ext4 avoids
 * inodes that were freed in the last minutes (fs/ext4/ialloc.c,
 * recently_deleted), so that 10,000 files after a removal of 10,000 cost
 * seconds of system time, whoever makes them.
 */
async function loadRow(): Promise<Row> {
	const { archive, layer } = await largeImage();
	const used: string[] = [];
	const fresh = (name: string) => {
		const root = `load-${name}-${used.length}`;
		used.push(root);
		return root;
	};
	const one = (make: (root: string) => Engine | undefined) => () => {
		const engine = make(fresh("engine")) as Engine;
		return time(engine.command("load", "-i", archive));
	};
	const sideBySide = async () => {
		const unpacked = `${contenders.directory}/${fresh("tar")}`;
		run({ words: ["mkdir", "-p", unpacked] });
		const before = Bun.nanoseconds();
		await together([{ words: ["tar", "-xf", layer, "-C", unpacked] }, { words: ["sha256sum", layer] }], 2);
		return (Bun.nanoseconds() - before) / 1e6;
	};
	return {
		what: "load of 300 MB in 10,000 files",
		unit: "ms",
		rounds: 5,
		contenders: {
			bunker: one(contenders.bunker),
			podman: Bun.which("podman") ? one(contenders.podman) : undefined,
			"tar -x and sha256sum": sideBySide,
		},
		bounds: { podman: 0.3 },
		aims: { "tar -x and sha256sum": 1 },
		finish: () => contenders.discard(used),
	};
}

/** 200 MB in a hundred files, written by a container of each round's own; all stay until the end, as in `load`. */
function commit200Row(): Row {
	const roots = ["commit"];
	const engines = [contenders.bunker("commit"), contenders.podman("commit")];
	const script = "for i in $(seq 100); do dd if=/dev/urandom of=/file$i bs=1M count=2 2>/dev/null; done";
	const one = (engine: Engine | undefined) => {
		let count = 0;
		return (
			engine &&
			(() => {
				const name = `changed${++count}`;
				run(engine.command("run", "--name", name, ...OFFLINE, IMAGE, "sh", "-c", script));
				return time(engine.command("commit", name, `committed:${count}`));
			})
		);
	};
	return {
		what: "commit of a 200 MB change",
		unit: "ms",
		rounds: 5,
		contenders: { bunker: one(engines[0]), podman: one(engines[1]) },
		bounds: { podman: 0.5 },
		finish: () => {
			clear(engines);
			contenders.discard(roots);
		},
	};
}

function pipeRow(what: string, ...flags: string[]): () => Row {
	return () => {
		const input = lines();
		const one = (engine: Engine | undefined) => {
			if (!engine) return undefined;
			const { words, env } = engine.command("run", "-i", "--rm", ...OFFLINE, ...flags, IMAGE, "cat");
			// A shell only for the pipes: `sh -c '…' sh WORDS` hands the command over word by word.
			const piped = ["sh", "-c", 'cat "$0" | "$@" | cat > /dev/null', input, ...words];
			return () => time({ words: piped, env });
		};
		return {
			what: `512 MB of lines through run -i, ${what}`,
			unit: "ms",
			rounds: 5,
			contenders: { bunker: one(contenders.bunker("pipe")), podman: one(contenders.podman("pipe")) },
			bounds: { podman: 0.5 },
		};
	};
}

function linesRow(): Row {
	const one = (engine: Engine | undefined) =>
		engine &&
		(() => {
			const before = Bun.nanoseconds();
			run(engine.command("run", "-d", "--name", "lines", ...OFFLINE, IMAGE, "seq", "1000000"));
			run(engine.command("wait", "lines"));
			const milliseconds = (Bun.nanoseconds() - before) / 1e6;
			removeAll(engine);
			return milliseconds;
		});
	return {
		what: "a million log lines of a detached container, start to end",
		unit: "ms",
		rounds: 5,
		contenders: { bunker: one(contenders.bunker("lines")), podman: one(contenders.podman("lines")) },
		bounds: { podman: 0.8 },
	};
}

function logsRow(): Row {
	const engines = [contenders.bunker("logs"), contenders.podman("logs")];
	const one = (engine: Engine | undefined) => {
		if (!engine) return undefined;
		run(engine.command("run", "-d", "--name", "lines", ...OFFLINE, IMAGE, "seq", "1000000"));
		run(engine.command("wait", "lines"));
		return () => time(engine.command("logs", "lines"));
	};
	return {
		what: "logs of a million lines",
		unit: "ms",
		rounds: 5,
		contenders: { bunker: one(engines[0]), podman: one(engines[1]) },
		bounds: { podman: 0.2 },
		finish: () => clear(engines),
	};
}

function clear(engines: (Engine | undefined)[]): void {
	for (const engine of engines) if (engine) removeAll(engine);
}

/** Name → the row, made ready when it is its turn. */
export const ROWS: Record<string, () => Row | Promise<Row>> = {
	version: versionRow,
	help: helpRow("run --help", "run", "--help"),
	completion: completionRow,
	run: runRow,
	exec: execRow,
	ps: psRow(100),
	ps200: psRow(200),
	stats: statsRow(false),
	"stats-cpu": statsRow(true),
	restart: restartRow,
	cgroup: cgroupRow(0, 2),
	"cgroup-rested": cgroupRow(100, 6),
	binds: bindsRow,
	run50: run50Row,
	rm30: rm30Row,
	pss: pssRow,
	load: loadRow,
	commit200: commit200Row,
	"cp-file-in": copyRow(true, true),
	"cp-file-out": copyRow(true, false),
	"cp-tree-in": copyRow(false, true),
	"cp-tree-out": copyRow(false, false),
	"pipe512-none": pipeRow("no log", "--log-driver", "none"),
	pipe512: pipeRow("the default log"),
	lines1m: linesRow,
	logs1m: logsRow,
	network: networkRow,
	publish: publishRow,
	hundred: hundredRow,
	"run50-bridge": run50BridgeRow,
	tcp: hostRow,
	"tcp-containers": containersRow,
	"tcp-published": publishedRow,
	lookup: () => lookupRow(contenders.bunker("lookup")),
};
