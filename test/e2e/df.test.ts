/** `system df`: docker's table, its fields, and numbers that add up. */

import { beforeAll, describe, expect } from "bun:test";
import { IMAGE, ours, ready, TARGET, useEngine } from "./harness.ts";

describe.skipIf(!ready || TARGET === "podman")("system df", () => {
	const engine = useEngine("df");
	let size = 0;

	beforeAll(async () => {
		const write = (name: string, count: number) => ["dd", "if=/dev/zero", `of=/${name}`, "bs=1000", `count=${count}`];
		await engine.ok("run", "--name", "one", IMAGE, ...write("x", 1000));
		await engine.ok("commit", "one", "two:1");
		await engine.ok("run", "-d", "--name", "live", IMAGE, "sh", "-c", `${write("y", 2000).join(" ")}; sleep 1000`);
		while ((await engine.ok("exec", "live", "stat", "-c", "%s", "/y").catch(() => "")) !== "2000000")
			await Bun.sleep(20);
		size = JSON.parse(await engine.ok("inspect", IMAGE))[0].Size;
	});
	const rows = async (...flags: string[]) =>
		(await engine.ok("system", "df", ...flags)).split("\n").map((line) => line.split(/\s{2,}/));
	const megabytes = (bytes: number) => `${Number((bytes / 1e6).toPrecision(4))}MB`;

	ours("prints a line for images, containers, volumes and build cache", async () => {
		const all = size + 1_000_000;
		const share = Math.floor((1_000_000 * 100) / all);
		expect(await rows()).toEqual([
			["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"],
			["Images", "2", "1", megabytes(all), `1MB (${share}%)`],
			["Containers", "2", "1", "3MB", "1MB (33%)"],
			["Local Volumes", "0", "0", "0B", "0B"],
			["Build Cache", "0", "0", "0B", "0B"],
		]);
	});

	ours("--format takes a template, table, json and raw", async () => {
		expect(await engine.ok("system", "df", "--format", "{{.Type}}: {{.TotalCount}}")).toStartWith(
			"Images: 2\nContainers: 2\n",
		);
		expect(await engine.ok("system", "df", "--format", "table {{.Type}}\t{{.Active}}")).toMatch(
			/^TYPE +ACTIVE\nImages +1\n/,
		);
		const lines = (await engine.ok("system", "df", "--format", "json")).split("\n").map((line) => JSON.parse(line));
		expect(lines[1]).toEqual({
			Active: "1",
			Reclaimable: "1MB (33%)",
			Size: "3MB",
			TotalCount: "2",
			Type: "Containers",
		});
		expect(await engine.ok("system", "df", "--format", "raw")).toStartWith("type: Images\ntotal: 2\nactive: 1\n");
		expect((await engine.run("system", "df", "--format", "{{.No}}")).code).toBe(1);
	});

	ours("-v prints every image and container, with what they share", async () => {
		const text = await engine.ok("system", "df", "-v");
		const sections = text.split(/\n\n/);
		expect(sections[0]).toBe("Images space usage:");
		const images = (sections[1] ?? "").split("\n").map((line) => line.split(/\s{2,}/));
		expect(images[0]).toEqual([
			"REPOSITORY",
			"TAG",
			"IMAGE ID",
			"CREATED",
			"SIZE",
			"SHARED SIZE",
			"UNIQUE SIZE",
			"CONTAINERS",
		]);
		const two = images.find(([name]) => name === "two");
		expect(two?.slice(5)).toEqual([megabytes(size), "1MB", "0"]);
		expect(images.find(([name]) => name === IMAGE)?.slice(5)).toEqual([megabytes(size), "0B", "2"]);
		expect(text).toContain("Containers space usage:\n\nCONTAINER ID   IMAGE     COMMAND");
		expect(text).toMatch(/busybox +"dd if=\/dev\/zero of=…" +0 +1MB .*one\n/);
		expect(text).toContain("Local Volumes space usage:\n\nVOLUME NAME   LINKS     SIZE");
		expect(text).toContain("Build cache usage: 0B\n\nCACHE ID");
	});

	ours("-v --format json prints one object, in the shape of docker's", async () => {
		const whole = JSON.parse(await engine.ok("system", "df", "-v", "--format", "json"));
		expect(Object.keys(whole)).toEqual(["Images", "Containers", "Volumes", "BuildCache"]);
		// test/reference and docker's own (system-df.json of the references) have these.
		expect(Object.keys(whole.Images[0])).toEqual([
			"Containers",
			"CreatedAt",
			"CreatedSince",
			"Digest",
			"ID",
			"Repository",
			"SharedSize",
			"Size",
			"Tag",
			"UniqueSize",
			"VirtualSize",
		]);
		expect(whole.Containers.map(({ Names, Size }: { Names: string; Size: string }) => [Names, Size])).toEqual([
			["live", "2MB"],
			["one", "1MB"],
		]);
		expect(await engine.ok("system", "df", "-v", "--format", "{{range .Images}}{{.Repository}} {{end}}")).toContain(
			"two ",
		);
	});

	ours("takes no names", async () => {
		expect((await engine.run("system", "df", "x")).stderr).toContain("'bunker system df' accepts no arguments");
	});
});
