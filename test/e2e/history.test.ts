/** `history`: columns, ids and formats are docker's (docker/cli, cli/command/image/formatter_history.go). */

import { beforeAll, describe, expect, test } from "bun:test";
import { IMAGE, ours, ready, TARGET, useEngine } from "./harness.ts";

describe.skipIf(!ready)("history", () => {
	const engine = useEngine("history");
	let second = "";
	const long = "echo a command that is longer than what fits the column";

	beforeAll(async () => {
		if (TARGET === "podman") return;
		await engine.ok(
			"run",
			"--name",
			"one",
			IMAGE,
			"sh",
			"-c",
			"dd if=/dev/zero of=/two bs=1000 count=2000 2>/dev/null",
		);
		await engine.ok("commit", "-m", "first step", "one", "first:1");
		await engine.ok("run", "--name", "two", "first:1", "sh", "-c", long);
		second = await engine.ok("commit", "two", "second:1");
		await engine.ok("rm", "one", "two");
	});
	const idOf = async (name: string): Promise<string> => JSON.parse(await engine.ok("inspect", name))[0].Id;
	const rows = async (...words: string[]) =>
		(await engine.ok("history", ...words)).split("\n").map((line) => line.split(/\s{3,}/));

	ours("prints the steps, the last first, with the ids of the images that are here", async () => {
		const [titles, last, middle, first] = await rows("second:1");
		expect(titles).toEqual(["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"]);
		expect(last?.[0]).toBe(second.slice(7, 19));
		expect(last?.[1]).toEndWith(" ago");
		expect(last?.slice(2, 4)).toEqual([`${`sh -c ${long}`.slice(0, 44)}…`, "0B"]);
		expect(middle?.[0]).toBe((await idOf("first:1")).slice(7, 19));
		expect(middle?.slice(3)).toEqual(["2MB", "first step"]);
		expect(first?.[0]).toBe((await idOf(IMAGE)).slice(7, 19));
		expect(first?.at(-1)).toBe("Imported from -");
	});

	ours("says <missing> where the image before is not here", async () => {
		await engine.ok("save", "-o", `${engine.directory}/second.tar`, "second:1");
		for (const name of ["second:1", "first:1"]) await engine.ok("rmi", name);
		await engine.ok("load", "-i", `${engine.directory}/second.tar`);
		expect((await rows("second:1")).map(([id]) => id).slice(1, 3)).toEqual([second.slice(7, 19), "<missing>"]);
	});

	ours("-q prints ids only, --no-trunc in full", async () => {
		expect((await engine.ok("history", "-q", "second:1")).split("\n")[0]).toBe(second.slice(7, 19));
		expect((await engine.ok("history", "--quiet", "--no-trunc", "second:1")).split("\n")[0]).toBe(second);
		expect(await engine.ok("history", "--no-trunc", "second:1")).toContain(`sh -c ${long}`);
	});

	ours("-H=false prints times and bytes as they are", async () => {
		const [titles, , middle] = await rows("-H=false", "second:1");
		expect(titles).toContain("CREATED AT");
		expect(middle?.[1]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		expect(middle?.[3]).toBe("2000000");
		expect(await engine.ok("history", "--human=true", "second:1")).toContain("2MB");
	});

	ours("--format takes a template, table and json", async () => {
		const format = "{{.ID}} {{.Size}} {{.Comment}}";
		expect((await engine.ok("history", "--format", format, "second:1")).split("\n")[1]).toBe(
			"<missing> 2MB first step",
		);
		expect(await engine.ok("history", "--format", "table {{.ID}}\t{{.Size}}", "second:1")).toMatch(/^IMAGE +SIZE\n/);
		const [line = ""] = (await engine.ok("history", "--format", "json", "second:1")).split("\n");
		expect(Object.keys(JSON.parse(line))).toEqual(["Comment", "CreatedAt", "CreatedBy", "CreatedSince", "ID", "Size"]);
		const wrong = await engine.run("history", "--format", "{{.Nosuch}}", "second:1");
		expect(wrong.code).toBe(1);
		expect(wrong.stderr).toContain("Nosuch");
	});

	test("of no such image: an error that names it", async () => {
		const outcome = await engine.run("history", "nosuch");
		expect(outcome.code).not.toBe(0);
		expect(outcome.stderr).toContain("nosuch");
		if (TARGET !== "podman")
			expect(outcome).toMatchObject({ code: 1, stderr: "bunker: No such image: nosuch:latest\n" });
	});

	ours("image history is the same, and takes one name", async () => {
		expect(await engine.ok("image", "history", "-q", "second:1")).toBe(await engine.ok("history", "-q", "second:1"));
		expect((await engine.run("history")).stderr).toContain("'bunker history' requires 1 argument");
	});
});
