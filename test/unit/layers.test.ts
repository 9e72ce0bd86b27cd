/** The architecture as rules: which file may import which. The layers are DESIGN's. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** Top to bottom; a file imports only from layers below its own. Those of one line never know each other. */
const LAYERS = [
	["src/main.ts"],
	["src/cli"],
	["src/flags", "src/template"],
	["src/text"],
	["src/container"],
	["src/names"],
	["src/image", "src/network", "src/cgroup", "src/volume", "src/copy"],
	["src/runtime", "src/tar"],
	["src/kernel"],
	[
		"src/failure.ts",
		"src/environment.ts",
		"src/places.ts",
		"src/clock.ts",
		"src/duration.ts",
		"src/size.ts",
		"src/filters.ts",
		"src/path.ts",
	],
	["ffi"],
];
/** Leaves that anything may import, each other included. */
const LEAVES = LAYERS.find((names) => names.includes("src/failure.ts")) as string[];
/** Folders whose face, the file of the folder's name, is all that others see. */
const FACED = ["src/container", "src/names", "src/image", "src/network", "src/cgroup", "src/volume", "src/copy"];
const FACES = [...FACED, "src/runtime", "src/tar"].map((folder) => `${folder}/${folder.slice(4)}.ts`);
/** Tables of constants may be long: no one reads them from top to bottom. */
const TABLES = ["ffi/constants.ts", "ffi/numbers.ts", "src/flags/refused.ts"];
const LONGEST = 350;

interface Import {
	from: string;
	to: string;
}

const files = [...new Bun.Glob("{src,ffi}/**/*.{ts,js}").scanSync(".")]
	.filter((file) => !file.endsWith(".d.ts"))
	.sort();
const imports = files.flatMap(importsOf);

/** Imports of a file as paths from the top of the repository; packages and builtins as they are. */
function importsOf(from: string): Import[] {
	const text = readFileSync(from, "utf8");
	const scanned = new Bun.Transpiler({ loader: "ts" }).scanImports(text).map((found) => found.path);
	// The transpiler forgets what is imported as a type only; a layer must not know those above it by type either.
	const types = [...text.matchAll(/^(?:import|export) type [^;]*? from "([^"]+)"/gms)].map(
		(match) => match[1] as string,
	);
	return [...new Set([...scanned, ...types])].map((to) => ({
		from,
		to: to.startsWith(".") ? normalize(join(dirname(from), to)) : to,
	}));
}

/** The folder or file of LAYERS that a path belongs to. */
function layerOf(path: string): string | undefined {
	return LAYERS.flat().find((name) => path === name || path.startsWith(`${name}/`));
}

function rank(layer: string): number {
	return LAYERS.findIndex((names) => names.includes(layer));
}

function pointsDown({ from, to }: Import): boolean {
	const upper = layerOf(from);
	const lower = layerOf(to);
	if (!upper || !lower) return false;
	return upper === lower || rank(lower) > rank(upper) || (LEAVES.includes(lower) && upper !== "ffi");
}

const show = ({ from, to }: Import) => `${from} imports ${to}`;
const ours = imports.filter(({ to }) => /^(src|ffi)\//.test(to));

describe("layers", () => {
	test("every file belongs to a layer", () => {
		expect(files.filter((file) => !layerOf(file))).toEqual([]);
	});

	test("imports only point down", () => {
		expect(ours.filter((found) => !pointsDown(found)).map(show)).toEqual([]);
	});

	test("from outside a folder only its face is imported", () => {
		const behind = ours.filter(({ from, to }) => {
			const folder = layerOf(to) ?? "";
			if (!FACED.includes(folder) || layerOf(from) === folder) return false;
			return to !== `${folder}/${folder.slice(4)}.ts`;
		});
		// What a user asks for is said in types that cli and container share.
		expect(behind.filter(({ to }) => to !== "src/container/options.ts").map(show)).toEqual([]);
	});

	// The bundler sees through a face to what is asked of it, unless somebody asks for all of it:
	// then every verb that imports one thing from it loads what all of them need, 50 kB more of `exec`.
	test("a face is never imported as a whole, when it is called", () => {
		const whole = files.flatMap((from) =>
			new Bun.Transpiler({ loader: "ts" })
				.scanImports(readFileSync(from, "utf8"))
				.filter(({ kind, path }) => kind === "dynamic-import" && path.startsWith("."))
				.map(({ path }) => ({ from, to: normalize(join(dirname(from), path)) })),
		);
		expect(whole.length).toBeGreaterThan(100);
		expect(whole.filter(({ to }) => FACES.includes(to)).map(show)).toEqual([]);
	});

	test("no file imports itself by way of others", () => {
		expect(files.map(cycleFrom).filter((cycle) => cycle !== undefined)).toEqual([]);
	});

	test("folders are flat", () => {
		expect(files.filter((file) => file.split("/").length > (file.startsWith("src/") ? 3 : 2))).toEqual([]);
	});

	test("bun:ffi is imported in ffi/ only", () => {
		const strangers = imports.filter(({ from, to }) => to === "bun:ffi" && !from.startsWith("ffi/"));
		expect(strangers.map(show)).toEqual([]);
	});

	test("bun:sqlite is imported by the store only", () => {
		const strangers = imports.filter(({ from, to }) => to === "bun:sqlite" && from !== "src/kernel/store.ts");
		expect(strangers.map(show)).toEqual([]);
	});

	test("every import of ours names its file whole, .ts or what is embedded", () => {
		const nameless = ours.filter(({ to }) => !/\.(ts|js)$/.test(to));
		expect(nameless.map(show)).toEqual([]);
	});
});

describe("source", () => {
	const lines = (pattern: RegExp, but: (file: string) => boolean) =>
		files.filter((file) => !but(file) && pattern.test(withoutComments(file)));

	test("the process is ended in main.ts only", () => {
		expect(lines(/process\.exit\b|\bexitNow\(/, (file) => file === "src/main.ts" || file === "ffi/library.ts")).toEqual(
			[],
		);
	});

	test("process.stdout and process.stderr, 10 ms each, are never touched", () => {
		expect(lines(/process\.(stdout|stderr)\b/, () => false)).toEqual([]);
	});

	test("node:fs, 1.3 ms and no openat2, is not used", () => {
		// A worker's file is embedded as it stands, alone: it cannot import ours.
		const strangers = imports.filter(({ from, to }) => /^(node:)?fs(\/|$)/.test(to) && !from.endsWith("-worker.js"));
		expect(strangers.map(show)).toEqual([]);
	});

	test(`files have at most ${LONGEST} lines, tables of constants apart`, () => {
		const long = files.filter(
			(file) => !TABLES.includes(file) && readFileSync(file, "utf8").split("\n").length - 1 > LONGEST,
		);
		expect(long).toEqual([]);
	});

	test("no file is called utils, helpers, common or manager", () => {
		expect(files.filter((file) => /(util|helpers?|common|manager)s?\.ts$/.test(file))).toEqual([]);
	});
});

function withoutComments(file: string): string {
	return readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

/** The shortest way from a file back to itself, as a sentence; undefined if there is none. */
function cycleFrom(start: string): string | undefined {
	const queue = [[start]];
	const seen = new Set<string>();
	for (let path = queue.shift(); path; path = queue.shift()) {
		for (const { to } of ours.filter(({ from }) => from === path.at(-1))) {
			if (to === start) return [...path, start].join(" → ");
			if (seen.has(to)) continue;
			seen.add(to);
			queue.push([...path, to]);
		}
	}
	return undefined;
}
