/**
 * `cp` of one large file and of a tree, in and out, beside podman's and beside
 * cp -a from the host to the host. Each round has names of its own, and what is
 * written goes to the disk before the next measurement.
 */

import { existsSync, mkdirSync, renameSync } from "node:fs";
import * as contenders from "./contenders.ts";
import { type Engine, removeAll } from "./contenders.ts";
import { largeImage } from "./material.ts";
import { type Command, run, time } from "./measure.ts";
import type { Measure, Row } from "./rows.ts";

/** 500 MB that compress to nothing less. */
function largeFile(): string {
	const path = `${contenders.directory}/large-file`;
	if (!existsSync(path)) {
		run({ words: ["dd", "if=/dev/urandom", `of=${path}.new`, "bs=1M", "count=500", "status=none"] });
		renameSync(`${path}.new`, path);
	}
	return path;
}

/** 300 MB in 10,000 files. */
async function largeTree(): Promise<string> {
	const path = `${contenders.directory}/large-tree`;
	if (!existsSync(path)) {
		const { layer } = await largeImage();
		mkdirSync(`${path}.new`, { recursive: true });
		run({ words: ["tar", "-xf", layer, "-C", `${path}.new`] });
		renameSync(`${path}.new`, path);
	}
	return path;
}

let count = 0;

/** Measures a command to a new name; a file is removed then, trees stay: see `load`. */
function measured(make: (name: string) => Command, clear?: (name: string) => Command): Measure {
	return () => {
		const name = `copy${count++}`;
		run({ words: ["sync"] });
		const took = time(make(name));
		if (clear) run(clear(name));
		return took;
	};
}

/** @param isFile one file, or a tree */
export function copyRow(isFile: boolean, into: boolean): () => Promise<Row> {
	return async () => {
		const source = isFile ? largeFile() : await largeTree();
		const root = `cp-${isFile ? "file" : "tree"}-${into ? "in" : "out"}`;
		const host = `${contenders.directory}/${root}`;
		mkdirSync(host, { recursive: true });
		const rm = (name: string): Command => ({ words: ["rm", "-rf", `${host}/${name}`] });
		const engines = [contenders.bunker(root), contenders.podman(root)];
		const one = (engine: Engine | undefined) => {
			if (!engine) return undefined;
			run(engine.command("run", "-d", "--name", "box", "--network", "none", contenders.IMAGE, "sleep", "100000"));
			if (!into) run(engine.command("cp", source, "box:/source"));
			return into
				? measured(
						(name) => engine.command("cp", source, `box:/${name}`),
						isFile ? (name) => engine.command("exec", "box", "rm", `/${name}`) : undefined,
					)
				: measured((name) => engine.command("cp", "box:/source", `${host}/${name}`), isFile ? rm : undefined);
		};
		return {
			what: `cp of ${isFile ? "a file of 500 MB" : "300 MB in 10,000 files"}, ${into ? "in" : "out"}`,
			unit: "ms",
			rounds: 5,
			contenders: {
				bunker: one(engines[0]),
				podman: one(engines[1]),
				"cp -a": measured((name) => ({ words: ["cp", "-a", source, `${host}/${name}`] }), isFile ? rm : undefined),
			},
			bounds: { podman: 0.4, "cp -a": 1.2 },
			finish: () => {
				for (const engine of engines) if (engine) removeAll(engine);
				// podman keeps its storage mounted on itself.
				run({
					words: ["sh", "-c", 'umount -l "$0" 2>/dev/null || true', `${contenders.directory}/podman-${root}/overlay`],
				});
				contenders.discard([root]);
			},
		};
	};
}
