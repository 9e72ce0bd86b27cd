/**
 * `cp` of one large file and of a tree, in and out, beside podman's and beside
 * cp -a from the host to the host. Each round has names of its own, and what is
 * written goes to the disk before the next measurement.
 */

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
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

/** A file system that is made anew: elsewhere ext4 spends seconds on not giving out what was freed lately (see `load`). */
function disk(): { path: string; end(): void } {
	const image = `${contenders.directory}/copies.img`;
	const path = `${contenders.directory}/copies`;
	mkdirSync(path, { recursive: true });
	rmSync(image, { force: true });
	run({ words: ["truncate", "-s", "24G", image] });
	const whole = ["-E", "lazy_itable_init=0,lazy_journal_init=0", "-N", "500000"];
	run({ words: ["mkfs.ext4", "-q", "-F", ...whole, image] });
	run({ words: ["mount", "-o", "loop", image, path] });
	return {
		path,
		end: () => {
			run({ words: ["umount", "-l", path] });
			rmSync(image);
		},
	};
}

let count = 0;

/** Measures a command to a new name; files are removed then. */
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
		const { path, end } = disk();
		run({ words: ["cp", "-a", isFile ? largeFile() : await largeTree(), `${path}/source`] });
		const remove = isFile ? (name: string) => ({ words: ["rm", `${path}/${name}`] }) : undefined;
		const engines = [contenders.bunker("cp", path), contenders.podman("cp", [], path)];
		const one = (engine: Engine | undefined) => {
			if (!engine) return undefined;
			run(engine.command("run", "-d", "--name", "box", "--network", "none", contenders.IMAGE, "sleep", "100000"));
			if (!into) run(engine.command("cp", `${path}/source`, "box:/source"));
			const removeInside = isFile ? (name: string) => engine.command("exec", "box", "rm", `/${name}`) : undefined;
			return into
				? measured((name) => engine.command("cp", `${path}/source`, `box:/${name}`), removeInside)
				: measured((name) => engine.command("cp", "box:/source", `${path}/${name}`), remove);
		};
		return {
			what: `cp of ${isFile ? "a file of 500 MB" : "300 MB in 10,000 files"}, ${into ? "in" : "out"}`,
			unit: "ms",
			rounds: 5,
			contenders: {
				bunker: one(engines[0]),
				podman: one(engines[1]),
				"cp -a": measured((name) => ({ words: ["cp", "-a", `${path}/source`, `${path}/${name}`] }), remove),
			},
			bounds: { podman: 0.4, "cp -a": 1.2 },
			finish: () => {
				for (const engine of engines) if (engine) removeAll(engine);
				end();
			},
		};
	};
}
