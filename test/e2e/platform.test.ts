/** --platform of the verbs of images: an image here is of one platform (moby, daemon/images/image.go). */

import { describe, expect } from "bun:test";
import { architecture } from "../../src/image/config.ts";
import { busyboxTar, IMAGE, ours, ready, useEngine } from "./harness.ts";

const here = `linux/${architecture()}`;
const there = architecture() === "arm64" ? "linux/amd64" : "linux/arm64";

describe.skipIf(!ready)("--platform", () => {
	const engine = useEngine("platform");
	const mismatch = (is: string, asked: string) =>
		`bunker: image with reference ${IMAGE} was found but its platform (${is}) does not match the specified platform (${asked})\n`;
	const refused = async (...words: string[]) => {
		const { code, stdout, stderr } = await engine.run(...words);
		expect(code).toBe(1);
		return { stdout, stderr };
	};

	ours("of history, image inspect and rmi: ours is as without it, another is an error that names both", async () => {
		for (const platform of [here, "linux", architecture()]) {
			expect(await engine.ok("history", "-q", "--platform", platform, IMAGE)).toBe(
				await engine.ok("history", "-q", IMAGE),
			);
			expect(await engine.ok("image", "inspect", "--platform", platform, IMAGE)).toBe(
				await engine.ok("image", "inspect", IMAGE),
			);
		}
		const stderr = mismatch(here, there);
		expect(await refused("history", "--platform", there, IMAGE)).toEqual({ stdout: "", stderr });
		expect(await refused("image", "inspect", "--platform", there, IMAGE)).toEqual({ stdout: "[]\n", stderr });
		expect(await refused("rmi", "--platform", there, IMAGE)).toEqual({ stdout: "", stderr });
		await engine.ok("tag", IMAGE, "second:1");
		expect(await engine.ok("rmi", "--platform", here, "second:1")).toBe("Untagged: second:1");
		expect((await refused("rmi", "--platform", `${here},${there}`, IMAGE)).stderr).toContain("multiple platforms");
	});

	ours("of import: the image says so", async () => {
		await engine.ok("import", "--platform", `${there}/v9`, await busyboxTar(), "foreign:1");
		const format = "{{.Os}}/{{.Architecture}}/{{.Variant}}";
		expect(await engine.ok("image", "inspect", "-f", format, "foreign:1")).toBe(`${there}/v9`);
		await engine.ok("rmi", "foreign:1");
		expect((await refused("import", "--platform", "windows/amd64", await busyboxTar(), "no:1")).stderr).toContain(
			"operating system is not supported",
		);
	});

	ours("of save and load: what is for another is not taken", async () => {
		await engine.ok("import", "--platform", there, await busyboxTar(), "foreign:1");
		const path = `${engine.scratch()}/images.tar`;
		await engine.ok("save", "--platform", here, "-o", path, IMAGE);
		expect((await refused("save", "--platform", here, "-o", path, "foreign:1")).stderr).toBe(
			`bunker: save foreign:1: it is not for the platform ${here}\n`,
		);
		await engine.ok("save", "-o", path, IMAGE, "foreign:1");
		await engine.ok("rmi", "foreign:1");
		expect(await engine.ok("load", "--platform", here, "-i", path)).toBe(`Loaded image: ${IMAGE}:latest`);
		expect(await engine.ok("images", "-q", "foreign")).toBe("");
		expect(await engine.ok("load", "--platform", there, "-i", path)).toBe("Loaded image: foreign:1");
		await engine.ok("rmi", "foreign:1");
		expect((await refused("load", "--platform", "linux/s390x", "-i", path)).stderr).toBe(
			`bunker: ${path}: no image in it is for the platform linux/s390x\n`,
		);
	});

	ours("that is none is named before anything is done", async () => {
		for (const verb of ["history", "save", "rmi", "load", "import"]) {
			const operands = verb === "load" ? [] : ["nosuch"];
			expect((await refused(verb, "--platform", "nosuch", ...operands)).stderr).toBe(
				'bunker: invalid platform: "nosuch": unknown operating system or architecture\n',
			);
		}
	});
});
