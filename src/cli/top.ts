/** `top`: the processes of a container, as ps shows them; no program is called. */

import { STDOUT, writeOut } from "../../ffi/output.ts";
import { clock, processes } from "../container/container.ts";
import { Failure } from "../failure.ts";
import { table } from "../text/table.ts";
import { type Column, columnOf, fullColumns, type Scene, userColumns } from "./process-columns.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "CONTAINER [ps OPTIONS]",
	operands: { least: 1 },
	completes: ["container"],
	stopAtFirst: true,
	flags: {},
	description: "Of the options of ps there are -ef (the default), aux, and -o with a list of columns, one of them pid.",
	examples: ["top web", "top web aux", "top web -o pid,user,rss,args"],
	async run({ operands: [name = "", ...words], open }) {
		const columns = parseOptions(words);
		const store = await open();
		const found = await processes(store, name);
		const scene: Scene = { ...clock(), now: Date.now() / 1000, ...(await names()) };
		const rows = found.map((one) => columns.map(({ value }) => value(one, scene)));
		writeOut(STDOUT, table([columns.map(({ title }) => title), ...rows], WIDTH));
		return 0;
	},
});

/** docker/cli, container/top.go: the least width of a column */
const WIDTH = 20;

/** @throws Failure (1) for what is not there */
function parseOptions(words: readonly string[]): Column[] {
	const rest = words.flatMap((word) => word.split(" ")).filter(Boolean);
	const lists: string[] = [];
	let columns = fullColumns;
	for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
		const [, letters, list] = /^-?(e?o|axo)(.*)$/.exec(word) ?? [];
		if (letters !== undefined) lists.push(list || (rest.shift() ?? ""));
		else if (/^-?(aux|axu)$/.test(word)) columns = userColumns;
		else if (!/^-?(ef|e|f|fe)$/.test(word)) throw unknown(word);
	}
	return lists.length > 0 ? parseList(lists.join(",")) : columns;
}

function parseList(text: string): Column[] {
	const names = text.split(",").filter(Boolean);
	const columns = names.map((name) => columnOf(name.toLowerCase()) ?? unknownColumn(name));
	if (columns.some(({ title }) => title === "PID")) return columns;
	throw new Failure(`couldn't find PID field in ps output: add pid to -o ${text}`);
}

const unknown = (word: string) =>
	new Failure(`top: the option ${word} of ps is not supported: -ef, aux and -o LIST are`);

function unknownColumn(name: string): never {
	throw new Failure(`top: the column "${name}" of ps is not supported`);
}

/** Names of numbers, of the host's own files, as ps on the host shows them. */
async function names(): Promise<Pick<Scene, "user" | "group">> {
	const { readFileIfThere } = await import("../../ffi/file.ts");
	const read = (path: string): Map<number, string> => {
		const lines = new TextDecoder().decode(readFileIfThere(path) ?? new Uint8Array()).split("\n");
		// The first of a number counts.
		return new Map(
			lines.reverse().map((line): [number, string] => [Number(line.split(":")[2]), line.split(":")[0] ?? ""]),
		);
	};
	const [users, groups] = [read("/etc/passwd"), read("/etc/group")];
	return { user: (id) => users.get(id) ?? String(id), group: (id) => groups.get(id) ?? String(id) };
}
