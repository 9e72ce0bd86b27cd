/** Images: `import`, `load`, `images`, `tag`, `rmi`, and that what was unpacked is what runs. */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { type Config, type File, tar, writeArchive, writeBusybox } from "./archive.ts";
import { busyboxTar, IMAGE, ours, ready, useEngine } from "./harness.ts";

const IMAGE_ID = /^sha256:[0-9a-f]{64}$/;

describe.skipIf(!ready)("images", () => {
	const engine = useEngine("images");
	const references = async () =>
		(await engine.ok("images"))
			.split("\n")
			.slice(1)
			.map((line) =>
				line
					.split(/\s{2,}/)
					.slice(0, 2)
					.join(":"),
			);
	const shell = (line: string) => Bun.spawnSync(["bash", "-c", `set -o pipefail; ${line}`]);
	/** Loads an image made of busybox and these further layers. */
	async function make(reference: string, config: Config, ...layers: File[][]) {
		const path = `${engine.scratch()}/image.tar`;
		const base = new Uint8Array(readFileSync(await busyboxTar()));
		await writeArchive(path, reference, [base, ...(await Promise.all(layers.map(tar)))], config);
		return engine.ok("load", "-i", path);
	}

	test("import of a file prints the image's id, and the image runs", async () => {
		expect(await engine.ok("import", await busyboxTar(), "mine:1")).toMatch(IMAGE_ID);
		expect(await engine.ok("run", "--rm", "mine:1", "echo", "hi")).toBe("hi");
		await engine.ok("rmi", "mine:1");
	});

	test("import - reads stdin", async () => {
		const content = new Uint8Array(readFileSync(await busyboxTar()));
		expect((await engine.run("import", "-", "stdin:1", { stdin: content })).stdout.trim()).toMatch(IMAGE_ID);
		expect(await engine.ok("run", "--rm", "stdin:1", "echo", "hi")).toBe("hi");
		await engine.ok("rmi", "stdin:1");
	});

	ours("import without a name makes an image that is named by its id", async () => {
		const id = await engine.ok("import", await busyboxTar());
		expect(await engine.ok("run", "--rm", id, "echo", "hi")).toBe("hi");
		expect(await engine.ok("run", "--rm", id.slice(7, 19), "echo", "hi")).toBe("hi");
		expect(await engine.ok("images")).toMatch(/<none> +<none>/);
		await engine.ok("rmi", id);
	});

	for (const [program, suffix] of [
		["gzip", "gz"],
		["zstd", "zst"],
		["xz", "xz"],
	] as const)
		test.skipIf(program !== "gzip" && !requires(program))(`import of a tar packed by ${program}`, async () => {
			const path = `${engine.scratch()}/x.tar.${suffix}`;
			shell(`${program} -c '${await busyboxTar()}' > '${path}'`);
			await engine.ok("import", path, `${program}:1`);
			expect(await engine.ok("run", "--rm", `${program}:1`, "echo", "hi")).toBe("hi");
			await engine.ok("rmi", `${program}:1`);
		});

	test("import of something that is no tar: 1, named, and nothing is left", async () => {
		const before = await engine.ok("images", "--format", "{{.ID}} {{.Repository}}");
		const outcome = await engine.run("import", "/etc/passwd", "bad:1");
		if (process.env.TARGET !== "podman") {
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain("/etc/passwd");
		}
		expect(outcome.code).not.toBe(0);
		expect(await engine.ok("images", "--format", "{{.ID}} {{.Repository}}")).toBe(before);
		await engine.assertClean();
	});

	test("import of a tar that is cut leaves nothing behind", async () => {
		const path = `${engine.scratch()}/cut.tar`;
		const whole = readFileSync(await busyboxTar());
		writeFileSync(path, new Uint8Array(whole.subarray(0, whole.length / 2)));
		expect((await engine.run("import", path, "cut:1")).code).not.toBe(0);
		expect(await engine.ok("images")).not.toContain("cut");
		await engine.assertClean();
	});

	ours("import of a file that is not there: 1, and it is named", async () => {
		const outcome = await engine.run("import", "/nosuch.tar", "x:1");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("/nosuch.tar");
	});

	test("load of a docker archive: the reference is printed, and the configuration holds", async () => {
		const config: Config = {
			Entrypoint: ["sh", "-c"],
			Cmd: ["id -un; pwd; echo $A"],
			Env: ["A=from the image"],
			User: "app",
			WorkingDir: "/tmp",
		};
		expect(await make("configured:2", config)).toContain("configured:2");
		expect(await engine.ok("run", "--rm", "configured:2")).toBe("app\n/tmp\nfrom the image");
		expect(await engine.ok("run", "--rm", "-e", "A=mine", "-u", "root", "-w", "/", "configured:2")).toBe(
			"root\n/\nmine",
		);
		expect(await engine.ok("run", "--rm", "configured:2", "echo other")).toBe("other");
		expect(await engine.ok("run", "--rm", "--entrypoint", "echo", "configured:2", "x")).toBe("x");
		await engine.ok("rmi", "configured:2");
	});

	ours("load prints docker's lines", async () => {
		expect(await make("said:1", {})).toBe("Loaded image: said:1");
		await engine.ok("rmi", "said:1");
	});

	ours("load reads stdin without -i", async () => {
		const path = `${engine.scratch()}/image.tar`;
		await writeBusybox(path, "piped:1", await busyboxTar(), {});
		const content = new Uint8Array(readFileSync(path));
		expect((await engine.run("load", { stdin: content })).stdout).toBe("Loaded image: piped:1\n");
		await engine.ok("rmi", "piped:1");
	});

	for (const format of ["docker-archive", "oci-archive"])
		ours.skipIf(!requires("podman"))(`load of what podman save --format ${format} writes`, async () => {
			const directory = engine.scratch();
			// podman refuses a --runroot of more than 50 characters.
			const runRoot = mkdtempSync("/tmp/bunker-podman-");
			const podman = `podman --root ${directory}/root --runroot ${runRoot} --cgroup-manager cgroupfs --events-backend none`;
			const made = shell(
				`${podman} import -q -c 'CMD ["echo","from podman"]' '${await busyboxTar()}' localhost/saved:1 && ${podman} save -q --format ${format} -o ${directory}/saved.tar localhost/saved:1; s=$?; rm -rf ${directory}/root ${runRoot}; exit $s`,
			);
			expect(made.exitCode).toBe(0);
			expect(await engine.ok("load", "-i", `${directory}/saved.tar`)).toContain("saved:1");
			expect(await engine.ok("run", "--rm", "localhost/saved:1")).toBe("from podman");
			await engine.ok("rmi", "localhost/saved:1");
		});

	for (const format of ["docker-archive", "oci-archive"])
		ours.skipIf(!requires("skopeo"))(`load of what skopeo copy … ${format}: writes`, async () => {
			const directory = engine.scratch();
			await writeBusybox(`${directory}/in.tar`, "skopeo:1", await busyboxTar(), { Cmd: ["echo", "from skopeo"] });
			const target = format === "docker-archive" ? `${directory}/out.tar:skopeo:2` : `${directory}/out.tar:skopeo:2`;
			const made = shell(`skopeo copy --insecure-policy docker-archive:${directory}/in.tar ${format}:${target}`);
			expect(`${made.exitCode} ${made.stderr}`).toStartWith("0");
			await engine.ok("load", "-i", `${directory}/out.tar`);
			expect(await engine.ok("run", "--rm", "skopeo:2")).toBe("from skopeo");
			await engine.ok("rmi", "skopeo:2");
		});

	test("load of something that is no archive: an error, named, nothing left", async () => {
		const outcome = await engine.run("load", "-i", "/etc/passwd");
		expect(outcome.code).not.toBe(0);
		expect(outcome.stderr).toContain("/etc/passwd");
		await engine.assertClean();
	});

	test("a whiteout hides a file of a lower layer, an opaque directory all of them", async () => {
		await make(
			"white:1",
			{},
			[
				{ name: "d/", type: "directory" },
				{ name: "d/a", content: "a" },
				{ name: "d/b", content: "b" },
				{ name: "f", content: "f" },
			],
			[
				{ name: ".wh.f", content: "" },
				{ name: "d/", type: "directory" },
				{ name: "d/c", content: "c" },
				{ name: "d/.wh..wh..opq", content: "" },
			],
		);
		expect(await engine.ok("run", "--rm", "white:1", "ls", "/d")).toBe("c");
		expect((await engine.run("run", "--rm", "white:1", "test", "-e", "/f")).code).toBe(1);
		await engine.ok("rmi", "white:1");
	});

	test("owners, modes, times, links and long names are kept", async () => {
		const long = `${"long/".repeat(30)}${"n".repeat(150)}`;
		const status = { uid: 1000, gid: 29, mode: 0o6751, mtime: new Date(1_000_000_000_000) };
		await make("kept:1", {}, [
			{ name: "owned", content: "x", ...status },
			{ name: "hard", type: "link", linkname: "owned", ...status },
			{ name: "soft", type: "symlink", linkname: "owned" },
			{ name: long, content: "deep" },
		]);
		const script = `stat -c '%u %g %a %Y %h' /owned; readlink /soft; cat /${long}`;
		expect(await engine.ok("run", "--rm", "kept:1", "sh", "-c", script)).toBe("1000 29 6751 1000000000 2\nowned\ndeep");
		await engine.ok("rmi", "kept:1");
	});

	test("an image of 127 layers runs", async () => {
		const layers = [...Array(126).keys()].map((index) => [{ name: `layer${index}`, content: String(index) }]);
		await make("many:1", {}, ...layers);
		expect(await engine.ok("run", "--rm", "many:1", "sh", "-c", "ls / | grep -c layer; cat /layer0 /layer125")).toBe(
			"126\n0125",
		);
		await engine.ok("rmi", "many:1");
	}, 120_000);

	const canary = () => `${engine.directory}/canary`;
	const hostile: Record<string, (outside: string) => File[]> = {
		"..": () => [{ name: "../../../../../../../../tmp/bunker-escape", content: "x" }],
		"an absolute name": (outside) => [{ name: outside, content: "x" }],
		"a symlinked parent": (outside) => [
			{ name: "link", type: "symlink", linkname: outside.replace(/\/[^/]*$/, "") },
			{ name: "link/canary", content: "x" },
		],
		"a hard link out": (outside) => [
			{ name: "hard", type: "link", linkname: outside },
			{ name: "hard", content: "x" },
		],
		"a symlink, then a file of its name with a slash at the end": (outside) => [
			{ name: "s", type: "symlink", linkname: outside },
			{ name: "s/", content: "x" },
		],
		"a symlink that a file then replaces": (outside) => [
			{ name: "s", type: "symlink", linkname: outside },
			{ name: "s", content: "x" },
		],
	};
	for (const [trick, files] of Object.entries(hostile))
		test(`a hostile archive cannot reach outside: ${trick}`, async () => {
			writeFileSync(canary(), "untouched");
			const path = `${engine.scratch()}/image.tar`;
			await writeBusybox(path, "hostile:1", await busyboxTar(), {}, files(canary()));
			await engine.run("load", "-i", path);
			expect(readFileSync(canary(), "utf8")).toBe("untouched");
			expect(existsSync("/tmp/bunker-escape")).toBe(false);
			await engine.run("rmi", "hostile:1");
		});

	ours("images prints docker's columns, newest first", async () => {
		await engine.ok("tag", IMAGE, "second:tag");
		const lines = (await engine.ok("images")).split("\n");
		expect(lines[0]).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
		expect(lines.slice(1).every((line) => /^\S+ +\S+ +[0-9a-f]{12} +.* ago +\d+(\.\d+)?[kMG]?B$/.test(line))).toBe(
			true,
		);
		expect(await references()).toContain("busybox:latest");
		expect(await references()).toContain("second:tag");
		expect((await engine.ok("images", "-q")).split("\n").every((id) => /^[0-9a-f]{12}$/.test(id))).toBe(true);
		expect(await engine.ok("images", "-q", "--no-trunc", "busybox")).toMatch(IMAGE_ID);
		await engine.ok("rmi", "second:tag");
	});

	test("tag gives an image one more name; docker.io/library/x is x", async () => {
		await engine.ok("tag", IMAGE, "other/name:v1");
		expect(await engine.ok("run", "--rm", "other/name:v1", "echo", "hi")).toBe("hi");
		await engine.ok("rmi", "other/name:v1");
		expect(await engine.ok("run", "--rm", IMAGE, "echo", "hi")).toBe("hi");
	});

	ours("names are docker's: busybox is docker.io/library/busybox:latest", async () => {
		for (const name of ["busybox:latest", "docker.io/busybox", "docker.io/library/busybox:latest", "library/busybox"])
			expect(await engine.ok("run", "--rm", name, "echo", "hi")).toBe("hi");
	});

	ours("tag of an unknown image: 1, named; to a bad name: 1, named", async () => {
		const unknown = await engine.run("tag", "nosuch", "a:b");
		expect(unknown.code).toBe(1);
		expect(unknown.stderr).toContain("nosuch");
		const bad = await engine.run("tag", IMAGE, "UPPER:b");
		expect(bad.code).toBe(1);
		expect(bad.stderr).toContain("UPPER:b");
	});

	ours("rmi prints what it untags and deletes, as docker does", async () => {
		await make("gone:1", {}, [{ name: "unique", content: String(Math.random()) }]);
		await engine.ok("tag", "gone:1", "gone:2");
		expect(await engine.ok("rmi", "gone:1")).toBe("Untagged: gone:1");
		expect(await engine.ok("rmi", "gone:2")).toMatch(/^Untagged: gone:2\nDeleted: sha256:[0-9a-f]{64}/);
	});

	ours("rmi of an image that a container uses is refused unless forced", async () => {
		await make("used:1", { Cmd: ["true"] });
		await engine.run("run", "--name", "user", "used:1");
		const refused = await engine.run("rmi", "used:1");
		expect(refused.code).toBe(1);
		expect(refused.stderr).toMatch(/conflict|used/i);
		expect(await engine.run("start", "-a", "user")).toMatchObject({ code: 0 });
		await engine.ok("rmi", "-f", "used:1");
		expect(await engine.run("start", "-a", "user")).toMatchObject({ code: 0 });
		await engine.ok("rm", "user");
	});

	ours("rmi of an unknown image: 1, and it is named", async () => {
		const outcome = await engine.run("rmi", "nosuch");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("nosuch");
	});

	ours("what rmi deletes is gone from the disk", async () => {
		const big = new Uint8Array(5_000_000).fill(7);
		const used = () => Number(shell(`du -s --block-size=1 ${engine.root} | cut -f1`).stdout.toString());
		const before = used();
		await make("big:1", {}, [{ name: "big", content: big }]);
		expect(used() - before).toBeGreaterThan(4_000_000);
		await engine.ok("rmi", "big:1");
		expect(used() - before).toBeLessThan(1_000_000);
	});

	ours("inspect of an image shows docker's fields", async () => {
		const [shown] = JSON.parse(await engine.ok("inspect", IMAGE));
		expect(shown.Id).toMatch(IMAGE_ID);
		expect(shown.RepoTags).toEqual(["busybox:latest"]);
		expect(shown.RootFS.Type).toBe("layers");
		expect(shown.Os).toBe("linux");
	});

	ours("load over a name says of which image it is taken, and that one has none any more", async () => {
		const words = ["import", "-m", "old", await busyboxTar()];
		const old = await engine.ok(...words, "moved:1");
		const loaded = await make("moved:1", { Cmd: ["true"] });
		const renaming = "already exists, renaming the old one with ID";
		expect(loaded).toBe(`The image moved:1 ${renaming} ${old} to empty string\nLoaded image: moved:1`);
		expect(await make("moved:1", { Cmd: ["true"] })).toBe("Loaded image: moved:1");
		expect(await engine.ok("images", "-q", "--no-trunc", "-f", "dangling=true")).toBe(old);
		await engine.ok("rmi", "moved:1", old);
	});

	ours("layers are unpacked once: a second image of the same layers takes no room", async () => {
		const count = () => Number(shell(`ls ${engine.root}/layers | wc -l`).stdout.toString());
		const before = count();
		await make("same:1", { Cmd: ["true"] });
		await make("same:2", { Cmd: ["false"] });
		expect(count() - before).toBeLessThanOrEqual(1);
		await engine.ok("rmi", "same:1");
		await engine.ok("rmi", "same:2");
	});
});
