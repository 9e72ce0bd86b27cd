/**
 * What `cp` does with what, where to: docker's documented results (docker's
 * documentation of `container cp`; where that is silent, go-archive's copy.go
 * and moby's daemon/archive_unix.go).
 */

/** path → what is there: a content, `@target` of a link; the path of a directory ends with a slash */
export type Listing = Record<string, string>;

/** What sources are named in. */
export const SOURCES: Listing = {
	file: "content",
	"dir/": "",
	"dir/in": "inside",
	"dir/sub/": "",
	"dir/sub/deep": "deep",
	"to-file": "@file",
	"to-dir": "@dir",
	"to-nothing": "@nothing",
};

/** What destinations are named in, fresh for every row. */
export const DESTINATIONS: Listing = {
	"there/": "",
	"there/kept": "kept",
	old: "old",
	"to-there": "@there",
	"to-old": "@old",
	"to-none": "@none",
};

/**
 * Where it lands, or why it does not: D no such directory, C cannot copy a
 * directory to a file, O cannot overwrite what is no directory with one, P its
 * directory is not there, X something on the way is no directory, N no such
 * source. Two are: into a container, and out of it.
 */
const TABLE = `
              | new  | new/ | new/. | there            | there/           | there/.          | to-there         | to-there/        | old | old/ | to-old | to-none | to-none/ | no/new | old/new
file          | new  | D    | D     | there/file       | there/file       | there/file       | there/file       | there/file       | old | D X  | old    | none    | D        | P      | X
file/         | X    | X    | X     | X                | X                | X                | X                | X                | X   | X    | X      | X       | X        | X P    | X
dir           | new  | new  | P     | there/dir        | there/dir        | there/dir        | there/dir        | there/dir        | C   | O X  | C      | none    | O        | P      | X
dir/          | new  | new  | P     | there/dir        | there/dir        | there/dir        | there/dir        | there/dir        | C   | O X  | C      | none    | O        | P      | X
dir/.         | new  | new  | P     | there/.          | there/.          | there/.          | there/.          | there/.          | C   | O X  | C      | none    | O        | P      | X
to-file       | new  | D    | D     | there/to-file    | there/to-file    | there/to-file    | there/to-file    | there/to-file    | old | D X  | old    | none    | D        | P      | X
to-dir        | new  | D    | D     | there/to-dir     | there/to-dir     | there/to-dir     | there/to-dir     | there/to-dir     | old | D X  | old    | none    | D        | P      | X
to-dir/       | new  | new  | P     | there/to-dir     | there/to-dir     | there/to-dir     | there/to-dir     | there/to-dir     | C   | O X  | C      | none    | O        | P      | X
to-dir/.      | new  | new  | P     | there/.          | there/.          | there/.          | there/.          | there/.          | C   | O X  | C      | none    | O        | P      | X
to-nothing    | new  | D    | D     | there/to-nothing | there/to-nothing | there/to-nothing | there/to-nothing | there/to-nothing | old | D X  | old    | none    | D        | P      | X
missing       | N    | N    | N     | N                | N                | N                | N                | N                | N   | N X  | N      | N       | N        | N P    | N X
-L to-file    | new  | D    | D     | there/to-file    | there/to-file    | there/to-file    | there/to-file    | there/to-file    | old | D X  | old    | none    | D        | P      | X
-L to-dir     | new  | new  | P     | there/to-dir     | there/to-dir     | there/to-dir     | there/to-dir     | there/to-dir     | C   | O X  | C      | none    | O        | P      | X
-L to-nothing | N    | N    | N     | N                | N                | N                | N                | N                | N   | N X  | N      | N       | N        | N P    | N X
`;

const ERRORS: Record<string, RegExp> = {
	D: /no such directory/,
	C: /cannot copy directory/,
	O: /cannot overwrite non-directory/,
	P: /Could not find the file|directory ".*" does not exist/,
	X: /not a directory/,
	N: /Could not find the file|no such file or directory/,
};

/** Where podman does something else, into a container and out of it, and what. */
const PODMAN: { row: RegExp; outOnly?: boolean; what: string }[] = [
	{ row: /^(-L|to-)/, what: "follows every link, and has no -L" },
	{ row: /^dir.* to new\/$/, what: "refuses" },
	{ row: /^file to old\/new$/, what: "does so without an error" },
	{ row: /^file\/ /, outOnly: true, what: "takes it for the file" },
	{ row: / to to-(none|old)$/, outOnly: true, what: "replaces the link" },
];

/** True where podman does what docker does. */
export const podmanAgrees = (title: string, direction: "into" | "out"): boolean =>
	!PODMAN.some(({ row, outOnly }) => row.test(title) && (direction === "out" || !outOnly));

export interface Row {
	/** `file to there/`; unique */
	title: string;
	/** the flags and the name of the source */
	source: string[];
	destination: string;
	into: Result;
	out: Result;
}

/** What is there afterwards, and how it fails. */
export interface Result {
	after: Listing;
	error?: RegExp;
}

const lines = TABLE.trim()
	.split("\n")
	.map((line) => line.split("|").map((cell) => cell.trim()));
const columns = lines[0]?.slice(1) ?? [];

/** All rows. */
export const rows: Row[] = lines.slice(1).flatMap(([source = "", ...cells]) =>
	cells.map((cell, index) => {
		const destination = columns[index] as string;
		const words = source.split(" ");
		const [into = "", out = into] = cell.split(" ");
		const title = `${source} to ${destination}`;
		return { title, source: words, destination, into: resultOf(words, into), out: resultOf(words, out) };
	}),
);

/** What stands there when a source has landed, or not. */
function resultOf(words: string[], cell: string): Result {
	if (ERRORS[cell]) return { after: DESTINATIONS, error: ERRORS[cell] };
	const what = copied(words);
	const after: Listing = { ...DESTINATIONS };
	const place = cell.replace(/\/\.$/, "");
	if (cell === place) for (const kind of ["", "/"]) delete after[place + kind];
	for (const [name, content] of Object.entries(what)) after[place + name] = content;
	return { after };
}

/** What is copied of a source: paths begin where it lands. */
function copied(words: string[]): Listing {
	const typed = words.at(-1) as string;
	const isFollowed = words.length > 1 || typed.includes("/");
	const link = SOURCES[typed.replace(/\/.*/, "")];
	const name = isFollowed && link?.startsWith("@") ? link.slice(1) : typed.replace(/\/.*/, "");
	const content = SOURCES[name];
	if (content !== undefined) return { "": content };
	const inside = Object.entries(SOURCES).filter(([path]) => path.startsWith(`${name}/`));
	return Object.fromEntries(inside.map(([path, content]) => [path.slice(name.length), content]));
}
