/** `save`: the archive, what is in it, and that podman, skopeo and bunker itself read it. */

import { describe, expect, test } from "bun:test";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { requires } from "../requires.ts";
import { tar, writeArchive } from "./archive.ts";
import { busyboxTar, IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("save", () => {
	const engine = useEngine("save");
	/** Saves to a file of its own. @returns its path */
	async function saved(...words: string[]): Promise<string> {
		const path = `${engine.scratch()}/saved.tar`;
		await engine.ok("save", "-o", path, ...words);
		return path;
	}
	/** Unpacks an archive. @returns the directory */
	function unpacked(path: string): string {
		const directory = engine.scratch();
		expect(Bun.spawnSync(["tar", "-xf", path, "-C", directory]).exitCode).toBe(0);
		return directory;
	}
	const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));
	const idOf = async (name: string): Promise<string> => JSON.parse(await engine.ok("inspect", name))[0].Id;

	test("and load brings the image back, with its name, and it runs", async () => {
		await engine.ok("tag", IMAGE, "round:1");
		const path = await saved("round:1");
		await engine.ok("rmi", "round:1");
		expect(await engine.ok("load", "-i", path)).toContain("round:1");
		expect(await engine.ok("run", "--rm", "round:1", "echo", "back")).toBe("back");
		await engine.ok("rmi", "round:1");
	});

	ours("to stdout writes the same bytes as to a file, twice the same", async () => {
		const path = await saved(IMAGE);
		const [first, second] = [await engine.run("save", IMAGE), await engine.run("save", IMAGE)];
		expect(first.bytes.length).toBeGreaterThan(1_000_000);
		expect(Buffer.compare(first.bytes, second.bytes)).toBe(0);
		expect(Buffer.compare(first.bytes, readFileSync(path))).toBe(0);
	});

	ours("writes docker's members in docker's order, and each blob is what its name says", async () => {
		const path = await saved(IMAGE);
		const names = Bun.spawnSync(["tar", "-tf", path]).stdout.toString().trim().split("\n");
		expect(names.map((name) => name.replace(/[0-9a-f]{64}/, "HEX"))).toEqual([
			"blobs/",
			"blobs/sha256/",
			...Array(3).fill("blobs/sha256/HEX"),
			"index.json",
			"manifest.json",
			"oci-layout",
			"repositories",
		]);
		const directory = unpacked(path);
		for (const name of readdirSync(`${directory}/blobs/sha256`))
			expect(Bun.spawnSync(["sha256sum", `${directory}/blobs/sha256/${name}`]).stdout.toString()).toStartWith(name);
		expect(json(`${directory}/oci-layout`)).toEqual({ imageLayoutVersion: "1.0.0" });
	});

	ours("writes index.json, manifest.json and repositories as docker 28 does", async () => {
		const directory = unpacked(await saved(IMAGE));
		const id = (await idOf(IMAGE)).slice("sha256:".length);
		const layer = json(`${directory}/blobs/sha256/${id}`).rootfs.diff_ids[0];
		const [{ digest, size, ...descriptor }] = json(`${directory}/index.json`).manifests;
		expect(descriptor).toEqual({
			mediaType: "application/vnd.oci.image.manifest.v1+json",
			annotations: {
				"io.containerd.image.name": "docker.io/library/busybox:latest",
				"org.opencontainers.image.ref.name": "latest",
			},
		});
		expect(statSync(`${directory}/blobs/sha256/${digest.slice(7)}`).size).toBe(size);
		expect(json(`${directory}/manifest.json`)).toMatchObject([
			{
				Config: `blobs/sha256/${id}`,
				RepoTags: ["busybox:latest"],
				Layers: [`blobs/sha256/${layer.slice(7)}`],
				LayerSources: { [layer]: { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer } },
			},
		]);
		expect(json(`${directory}/repositories`)).toEqual({ busybox: { latest: layer.slice(7) } });
	});

	ours("of several images writes what they share once, and all their names", async () => {
		const path = `${engine.scratch()}/image.tar`;
		const base = new Uint8Array(readFileSync(await busyboxTar()));
		for (const name of ["one", "two"]) {
			await writeArchive(path, `${name}:1`, [base, await tar([{ name, content: name }])], {});
			await engine.ok("load", "-i", path);
		}
		await engine.ok("tag", "one:1", "other/one:2");
		const directory = unpacked(await saved("one:1", "two:1", "other/one:2"));
		// Two configs, two manifests, one common layer and two of their own.
		expect(readdirSync(`${directory}/blobs/sha256`)).toHaveLength(7);
		const tags = json(`${directory}/manifest.json`).map((item: { RepoTags: string[] }) => item.RepoTags);
		expect(tags).toEqual([["one:1", "other/one:2"], ["two:1"]]);
		expect(json(`${directory}/index.json`).manifests).toHaveLength(3);
		for (const name of ["one:1", "other/one:2", "two:1"]) await engine.ok("rmi", name);
	});

	ours("of a name without a tag writes all its tags; of a name with one, that alone", async () => {
		for (const tag of ["1", "2"]) await engine.ok("tag", IMAGE, `many:${tag}`);
		const tagsIn = (path: string) => json(`${unpacked(path)}/manifest.json`)[0].RepoTags;
		expect(tagsIn(await saved("many"))).toEqual(["many:1", "many:2"]);
		expect(tagsIn(await saved("many:2"))).toEqual(["many:2"]);
		for (const tag of ["1", "2"]) await engine.ok("rmi", `many:${tag}`);
	});

	ours("of an id, whole or short, writes no name", async () => {
		const id = await idOf(IMAGE);
		for (const name of [id, id.slice(7, 19)]) {
			const directory = unpacked(await saved(name));
			expect(json(`${directory}/manifest.json`)[0].RepoTags).toBeNull();
			expect(json(`${directory}/index.json`).manifests).toHaveLength(1);
			expect(existsSync(`${directory}/repositories`)).toBe(false);
		}
	});

	ours("of an image that is not there: 1, docker's words, and no file", async () => {
		const path = `${engine.scratch()}/none.tar`;
		const outcome = await engine.run("save", "-o", path, IMAGE, "nosuch");
		expect(outcome).toMatchObject({ code: 1, stderr: "bunker: No such image: nosuch\n" });
		expect(existsSync(path)).toBe(false);
		expect(readdirSync(path.replace(/\/[^/]*$/, ""))).toEqual([]);
		expect((await engine.run("save", "nosuch")).stdout).toBe("");
	});

	ours("without an image: 1, and that it needs one", async () => {
		const outcome = await engine.run("save");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("'bunker save' requires at least 1 argument");
	});

	ours.skipIf(!requires("tmux"))("refuses to write to a terminal", async () => {
		await using screen = await engine.terminal();
		await screen.type(`bunker save ${IMAGE}; echo code=$?\n`);
		await screen.shows("code=1");
		expect(await screen.text()).toContain("cowardly refusing to save to a terminal. Use the -o flag or redirect");
	});

	ours("-o refuses what is no file, in docker's words", async () => {
		const scratch = engine.scratch();
		symlinkSync("/nowhere", `${scratch}/link`);
		const refused: Record<string, string> = {
			[`${scratch}/no/x.tar`]: "invalid output path",
			"/dev/null": "cannot write to a character device file",
			[scratch]: "cannot write to a directory",
			[`${scratch}/link`]: "cannot write to a symbolic link directly",
		};
		for (const [path, words] of Object.entries(refused)) {
			const outcome = await engine.run("save", "-o", path, IMAGE);
			expect(outcome.code).toBe(1);
			expect(outcome.stderr).toContain("failed to save image");
			expect(outcome.stderr).toContain(words);
		}
	});

	ours("-o makes a file that only its owner reads, and replaces one that is there", async () => {
		const path = `${engine.scratch()}/there.tar`;
		writeFileSync(path, "old", { mode: 0o644 });
		await engine.ok("image", "save", "--output", path, IMAGE);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(statSync(path).size).toBeGreaterThan(1_000_000);
		expect(readdirSync(path.replace(/\/[^/]*$/, ""))).toEqual(["there.tar"]);
	});

	ours("killed leaves no file, and the one that was there as it was", async () => {
		const path = `${engine.scratch()}/kept.tar`;
		for (const delay of [3, 6, 9, 12, 15]) {
			writeFileSync(path, "old");
			const program = engine.spawn("save", "-o", path, IMAGE);
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
			const content = readFileSync(path);
			expect(content.toString() === "old" || content.length > 1_000_000).toBe(true);
		}
	});

	ours("into a pipe whose reader goes ends quietly, as SIGPIPE would", async () => {
		const command = engine.command.map((word) => `'${word}'`).join(" ");
		const env = { ...process.env, ...engine.environment };
		const { stdout, stderr } = Bun.spawnSync(
			["bash", "-c", `${command} save ${IMAGE} | head -c 10 | wc -c; echo \${PIPESTATUS[0]}`],
			{ env },
		);
		expect(stderr.toString()).toBe("");
		expect(stdout.toString()).toBe("10\n141\n");
	});

	describe.skipIf(process.env.TARGET === "podman" || !requires("podman"))("read by podman", () => {
		/** Runs podman with roots of its own, and the shell's `podman` being that. */
		function podman(script: string): { code: number | null; stdout: string; stderr: string } {
			const directory = engine.scratch();
			// podman refuses a --runroot of more than 50 characters.
			const runRoot = mkdtempSync("/tmp/bunker-podman-");
			writeFileSync(`${directory}/containers.conf`, '[containers]\ndefault_ulimits = []\n[engine]\nruntime = "runc"\n');
			const command = `podman --root ${directory}/root --runroot ${runRoot} --cgroup-manager cgroupfs --events-backend none`;
			const program = Bun.spawnSync(["bash", "-c", `set -e; podman() { command ${command} "$@"; }; ${script}`], {
				env: { ...process.env, CONTAINERS_CONF: `${directory}/containers.conf` },
			});
			for (const path of [`${directory}/root`, runRoot]) rmSync(path, { recursive: true, force: true });
			return { code: program.exitCode, stdout: program.stdout.toString(), stderr: program.stderr.toString() };
		}

		test("a commit of a commit, with deleted and replaced directories, runs there; what podman commits on it, here", async () => {
			const path = `${engine.scratch()}/image.tar`;
			const base = new Uint8Array(readFileSync(await busyboxTar()));
			const second = [
				{ name: "d/", type: "directory" as const },
				{ name: "d/one", content: "1" },
				{ name: "gone", content: "x" },
			];
			await writeArchive(path, "below:1", [base, await tar(second)], {});
			await engine.ok("load", "-i", path);
			const steps = [
				"rm -r /d /gone; mkdir /d; echo 2 > /d/two; ln /d/two /hard; mkfifo /fifo",
				"rm /d/two; echo 3 > /d/three; chmod 4755 /hard",
			];
			let image = "below:1";
			for (const [index, step] of steps.entries()) {
				await engine.ok("run", "--name", "step", image, "sh", "-c", step);
				image = `step:${index + 1}`;
				await engine.ok(
					"commit",
					"-m",
					`step ${index}`,
					"-c",
					'CMD ["sh", "-c", "find d hard gone | sort; cat hard"]',
					"step",
					image,
				);
				await engine.ok("rm", "step");
			}
			const out = await saved("step:2");
			const there = podman(`
				podman load -q -i ${out} >&2
				podman run --rm --network none step:2 || true
				podman run --name more --network none step:2 sh -c 'rm -r /d; echo 4 > /four'
				podman commit -q more localhost/more:1 >&2
				podman save -q -o ${engine.directory}/more.tar localhost/more:1 >&2
			`);
			expect(there.stdout).toBe("d\nd/three\nhard\n2\n");
			expect(there.code).toBe(0);
			await engine.ok("load", "-i", `${engine.directory}/more.tar`);
			expect(
				await engine.ok("run", "--rm", "localhost/more:1", "sh", "-c", "cat /four; ls -d /d || stat -c %a /hard"),
			).toBe("4\n4755");
			for (const name of ["step:1", "step:2", "below:1", "localhost/more:1"]) await engine.ok("rmi", name);
		});

		test.skipIf(!requires("skopeo"))("and by skopeo, as docker's archive and as the OCI's", async () => {
			const path = await saved(IMAGE);
			const directory = unpacked(path);
			for (const source of [`docker-archive:${path}`, `oci-archive:${path}:latest`, `oci:${directory}:latest`]) {
				const { stdout, stderr, exitCode } = Bun.spawnSync(["skopeo", "inspect", "--raw", source]);
				expect(`${exitCode} ${stderr}`).toBe("0 ");
				expect(JSON.parse(stdout.toString()).layers).toHaveLength(1);
			}
			const copied = `${engine.scratch()}/copied.tar`;
			const copy = Bun.spawnSync([
				"skopeo",
				"copy",
				"--insecure-policy",
				`oci:${directory}:latest`,
				`oci-archive:${copied}:copied:1`,
			]);
			expect(`${copy.exitCode} ${copy.stderr}`).toStartWith("0");
			expect(await engine.ok("load", "-i", copied)).toContain("copied:1");
			await engine.ok("rmi", "copied:1");
		});
	});
});
