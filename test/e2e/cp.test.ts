/** `cp`: what lands where, in containers that run and that do not; what is kept, said and refused. */

import { describe, expect, test } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { DESTINATIONS, type Listing, podmanAgrees, type Result, rows, SOURCES } from "./cp-matrix.ts";
import { IMAGE, type Outcome, ready, TARGET, until, useEngine } from "./harness.ts";

/** Makes what a listing says in a directory of the host. */
function make(directory: string, listing: Listing): void {
	mkdirSync(directory, { recursive: true });
	for (const [name, content] of Object.entries(listing)) {
		const path = `${directory}/${name}`;
		if (name.endsWith("/")) mkdirSync(path);
		else if (content.startsWith("@")) symlinkSync(content.slice(1), path);
		else writeFileSync(path, content);
	}
}

/** What there is in a directory of the host. */
function listed(directory: string, below = ""): Listing {
	const found: Listing = {};
	for (const name of readdirSync(`${directory}/${below}`)) {
		const path = `${directory}/${below}${name}`;
		const status = lstatSync(path);
		if (status.isDirectory()) Object.assign(found, { [`${below}${name}/`]: "" }, listed(directory, `${below}${name}/`));
		else found[below + name] = status.isSymbolicLink() ? `@${readlinkSync(path)}` : readFileSync(path, "utf8");
	}
	return found;
}

/** The same in a container: a script that makes `count` directories with this in it, in the one where it is. */
function making(listing: Listing, count: number): string {
	const lines = Object.entries(listing).map(([name, content]) => {
		if (name.endsWith("/")) return `mkdir ${name}`;
		return content.startsWith("@") ? `ln -s ${content.slice(1)} ${name}` : `printf ${content} > ${name}`;
	});
	return `for n in $(seq 0 ${count - 1}); do mkdir $n; cd $n; ${lines.join("; ")}; cd ..; done`;
}

/** A script that tells all below where it is; what `told` reads. */
const TELLING =
	"find . -type d -exec echo D {} \\;; find . -type l -exec sh -c 'echo L $0 $(readlink $0)' {} \\;; find . -type f | while read p; do echo F $p $(cat $p); done; echo END";

/** Directory → what is in it. */
function told(text: string): Map<string, Listing> {
	const found = new Map<string, Listing>();
	for (const line of text.split("\n")) {
		const [kind, path = "", content = ""] = line.split(" ");
		const [, number = "", name] = /^\.\/(\d+)\/(.+)$/.exec(path) ?? [];
		if (name === undefined) continue;
		const listing = found.get(number) ?? {};
		found.set(number, listing);
		if (kind === "D") listing[`${name}/`] = "";
		else listing[name] = kind === "L" ? `@${content}` : content;
	}
	return found;
}

const rowTest = (title: string, direction: "into" | "out") =>
	test.skipIf(TARGET === "podman" && !podmanAgrees(title, direction));

const sorted = (listing: Listing) => Object.entries(listing).toSorted();

function check(outcome: Outcome | undefined, after: Listing | undefined, { after: expected, error }: Result): void {
	if (!outcome || !after) throw new Error("the row was not done");
	if (!error) expect(outcome).toMatchObject({ code: 0, stdout: "", stderr: "" });
	else if (TARGET === "podman") expect(outcome.code).not.toBe(0);
	else {
		expect(outcome).toMatchObject({ code: 1, stdout: "" });
		expect(outcome.stderr).toMatch(error);
		expect(outcome.stderr).toMatch(/^bunker: [^\n]*\n([^\n]*\n)?$/);
	}
	expect(sorted(after)).toEqual(sorted(expected));
}

describe.skipIf(!ready)("cp", () => {
	const engine = useEngine("cp");

	describe.each(["running", "stopped"])("into a container that is %s:", (state) => {
		const outcomes: Outcome[] = [];
		let after = new Map<string, Listing>();

		test("(all rows are copied)", async () => {
			const directory = engine.scratch();
			make(directory, SOURCES);
			const rest = state === "running" ? "echo made; sleep 1000" : "echo made";
			const script = `if [ -d /m ]; then cd /m; ${TELLING}; else mkdir /m; cd /m; ${making(DESTINATIONS, rows.length)}; ${rest}; fi`;
			await engine.ok("run", "-d", "--name", state, IMAGE, "sh", "-c", script);
			await until("it has made them", async () => (await engine.ok("logs", state)).includes("made"));
			if (state === "stopped") await engine.ok("wait", state);
			for (const [number, { source, destination }] of rows.entries())
				outcomes.push(
					await engine.run(
						"cp",
						...source.slice(0, -1),
						source.at(-1) as string,
						`${state}:/m/${number}/${destination}`,
						{
							cwd: directory,
						},
					),
				);
			const tell = ["exec", state, "sh", "-c", `cd /m; ${TELLING}`];
			after = told(await engine.ok(...(state === "running" ? tell : ["start", "-a", state])));
			await engine.ok("rm", "-f", state);
		}, 600_000);

		for (const [index, { title, into }] of rows.entries())
			rowTest(title, "into")(title, () => check(outcomes[index], after.get(String(index)), into));
	});

	describe("out of a container:", () => {
		const outcomes: Outcome[] = [];
		let directory = "";

		test("(all rows are copied)", async () => {
			directory = engine.scratch();
			const script = `${making(SOURCES, 1)}; echo made; sleep 1000`;
			await engine.ok("run", "-d", "--name", "out", IMAGE, "sh", "-c", script);
			await until("it has made them", async () => (await engine.ok("logs", "out")).includes("made"));
			for (const [number, { source, destination }] of rows.entries()) {
				make(`${directory}/${number}`, DESTINATIONS);
				const words = [...source.slice(0, -1), `out:0/${source.at(-1)}`, destination];
				outcomes.push(await engine.run("cp", ...words, { cwd: `${directory}/${number}` }));
			}
			await engine.ok("rm", "-f", "out");
		}, 600_000);

		for (const [index, { title, out }] of rows.entries())
			rowTest(title, "out")(title, () => check(outcomes[index], listed(`${directory}/${index}`), out));
	});
});
