/** `commit`, of containers that run and that do not: what the new image holds, and how it is run. */

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { type Config, type File, tar, writeArchive } from "./archive.ts";
import { busyboxTar, IMAGE, ours, ready, until, useEngine } from "./harness.ts";

const IMAGE_ID = /^sha256:[0-9a-f]{64}$/;

describe.skipIf(!ready)("commit", () => {
	const engine = useEngine("commit");
	/** Runs a script in a container, commits that as `made:1` and removes it. */
	async function made(script: string, image = IMAGE, ...flags: string[]): Promise<string> {
		await engine.run("rm", "-f", "maker"); // of a test that failed
		await engine.ok("run", "--name", "maker", image, "sh", "-c", script);
		const id = await engine.ok("commit", ...flags, "maker", "made:1");
		await engine.ok("rm", "maker");
		return id;
	}
	/** What a script prints in the image that was made. */
	const inside = (script: string) => engine.ok("run", "--rm", "--entrypoint", "sh", "made:1", "-c", script);
	/** Loads an image of busybox and these further layers. */
	async function load(reference: string, config: Config, ...layers: File[][]): Promise<string> {
		const path = `${engine.scratch()}/image.tar`;
		const base = new Uint8Array(readFileSync(await busyboxTar()));
		await writeArchive(path, reference, [base, ...(await Promise.all(layers.map(tar)))], config);
		await engine.ok("load", "-i", path);
		return reference;
	}
	/** Removes all images but the first. */
	async function removeImages(): Promise<void> {
		const lines = (await engine.ok("images", "--no-trunc")).split("\n").slice(1);
		for (const line of lines.filter((line) => !line.startsWith(IMAGE)))
			await engine.ok("rmi", line.split(/\s+/)[2] as string);
	}
	const configOf = async (reference: string) => JSON.parse(await engine.ok("inspect", reference))[0].Config;
	/** The tar of the highest layer of an image, listed by GNU tar. */
	const layerOf = async (reference: string): Promise<string> => {
		const [image] = JSON.parse(await engine.ok("inspect", reference));
		return `${engine.root}/blobs/sha256/${image.RootFS.Layers.at(-1).slice("sha256:".length)}`;
	};
	const listed = (path: string, ...flags: string[]) =>
		Bun.spawnSync(["tar", "-tf", path, ...flags])
			.stdout.toString()
			.split("\n")
			.filter(Boolean);

	test("prints the image's id; the image holds what was written, and the container is as it was", async () => {
		await engine.ok("run", "--name", "plain", IMAGE, "sh", "-c", "echo one > /file; mkdir /d; echo two > /d/in");
		const id = await engine.ok("commit", "plain", "made:1");
		if (process.env.TARGET !== "podman") expect(id).toMatch(IMAGE_ID);
		expect(await inside("cat /file /d/in")).toBe("one\ntwo");
		expect(await engine.ok("ps", "-a")).toContain("plain");
		await engine.ok("rm", "plain");
		await engine.ok("rmi", "made:1");
	});

	test("of a container that runs takes what is there at that moment; it runs on", async () => {
		await engine.ok("run", "-d", "--name", "live", IMAGE, "sh", "-c", "echo first > /file; echo ready; sleep 1000");
		await until("it has written", async () => (await engine.ok("logs", "live")).includes("ready"));
		await engine.ok("exec", "live", "sh", "-c", "echo second >> /file");
		await engine.ok("commit", "live", "made:1");
		await engine.ok("exec", "live", "sh", "-c", "echo third >> /file");
		expect(await inside("cat /file")).toBe("first\nsecond");
		expect(await engine.ok("ps")).toContain("live");
		await engine.ok("rm", "-f", "live");
		await engine.ok("rmi", "made:1");
	});

	ours("without a name makes an image that its id names", async () => {
		await engine.ok("run", "--name", "nameless", IMAGE, "touch", "/here");
		const id = await engine.ok("commit", "nameless");
		expect(await engine.ok("run", "--rm", id, "ls", "/here")).toBe("/here");
		await engine.ok("rm", "nameless");
		await engine.ok("rmi", id);
	});

	test("keeps modes, owners, times to the nanosecond, links of both kinds, FIFOs and long names", async () => {
		const long = `${"long/".repeat(30)}${"n".repeat(150)}`;
		const script = [
			"echo x > /f; chmod 6751 /f; ln /f /hard; ln -s /nowhere /soft; mkfifo -m 600 /fifo",
			`mkdir -p $(dirname /${long}); echo deep > /${long}`,
			"touch -d @1000000000 /f; mkdir -m 1777 /sticky; chown 1000:29 /sticky; touch -d @1000000001 /sticky",
		].join("\n");
		await made(script);
		const answer = await inside(
			`stat -c '%n %a %u:%g %h %Y' /f /hard /sticky; readlink /soft; stat -c %F /fifo; cat /${long}`,
		);
		expect(answer.split("\n")).toEqual([
			"/f 6751 0:0 2 1000000000",
			"/hard 6751 0:0 2 1000000000",
			"/sticky 1777 1000:29 2 1000000001",
			"/nowhere",
			"fifo",
			"deep",
		]);
		await engine.ok("rmi", "made:1");
	});

	ours("keeps nanoseconds, names that are no UTF-8 and owners of 32 bits", async () => {
		await engine.ok(
			"run",
			"--name",
			"exact",
			IMAGE,
			"sh",
			"-c",
			`touch /t "$(printf '/\\377x')"; chown 4294967294:2097152 /t`,
		);
		await engine.ok("commit", "exact", "made:1");
		const directoryOf = async (name: string) =>
			JSON.parse(await engine.ok("inspect", name))[0].GraphDriver.Data.UpperDir;
		// busybox's stat has no nanoseconds: the host's, on the directories themselves.
		const stat = (directory: string) => Bun.spawnSync(["stat", "-c", "%u:%g %y", `${directory}/t`]).stdout.toString();
		expect(stat(await directoryOf("made:1"))).toBe(stat(await directoryOf("exact")));
		expect(stat(await directoryOf("made:1"))).toMatch(/^4294967294:2097152 .*\.\d*[1-9]\d* /);
		expect(await inside("ls -1 / | grep -c x$")).toBe("1");
		await engine.ok("rm", "exact");
		await engine.ok("rmi", "made:1");
	});

	test.skipIf(!requires("setfattr"))("keeps attributes of users and file capabilities", async () => {
		const script = "touch /marked /capable; echo ready; sleep 1000";
		await engine.ok("run", "-d", "--name", "marked", IMAGE, "sh", "-c", script);
		await until("it has written", async () => (await engine.ok("logs", "marked")).includes("ready"));
		const pid = JSON.parse(await engine.ok("inspect", "marked"))[0].State.Pid;
		const set = (file: string, name: string, value: string) =>
			expect(Bun.spawnSync(["setfattr", "-n", name, "-v", value, `/proc/${pid}/root/${file}`]).exitCode).toBe(0);
		set("capable", "security.capability", "0x0100000200040000000000000000000000000000");
		if (process.env.TARGET !== "podman") set("marked", "user.note", "kept");
		await engine.ok("commit", "marked", "made:1");
		await engine.ok("rm", "-f", "marked");
		await engine.ok("run", "-d", "--name", "marked", "made:1", "sleep", "1000");
		const again = JSON.parse(await engine.ok("inspect", "marked"))[0].State.Pid;
		const get = (file: string, name: string) =>
			Bun.spawnSync(["getfattr", "--only-values", "-n", name, `/proc/${again}/root/${file}`]).stdout.toString("hex");
		expect(get("capable", "security.capability")).toBe("0100000200040000000000000000000000000000");
		if (process.env.TARGET !== "podman") expect(get("marked", "user.note")).toBe(Buffer.from("kept").toString("hex"));
		await engine.ok("rm", "-f", "marked");
		await engine.ok("rmi", "made:1");
	});

	ours("keeps device nodes", async () => {
		await made("mknod /null c 1 3; mknod -m 640 /disk b 8 17");
		expect(await inside("stat -c '%F %t:%T' /null; stat -c '%F %t:%T %a' /disk")).toBe(
			"character special file 1:3\nblock special file 8:11 640",
		);
		await engine.ok("rmi", "made:1");
	});

	ours("leaves sockets out", async () => {
		await made("(timeout 1 nc -lU /socket & sleep 0.3; ls /socket >/dev/null); touch /file");
		expect(listed(await layerOf("made:1"))).toEqual(["file"]);
		await engine.ok("rmi", "made:1");
	});

	ours("keeps a file of holes as holes, on the disk too", async () => {
		await made("dd if=/dev/zero of=/sparse bs=1 count=0 seek=200M 2>/dev/null; echo end >> /sparse");
		expect(await inside("stat -c '%s' /sparse; tail -c 4 /sparse; du -k /sparse | cut -f1")).toMatch(
			/^209715204\nend\n\d{1,2}$/,
		);
		const layer = await layerOf("made:1");
		const [size, blocks] = Bun.spawnSync(["stat", "-c", "%s %b", layer]).stdout.toString().split(" ").map(Number);
		expect(size).toBeGreaterThan(200 << 20);
		expect(blocks).toBeLessThan(4096);
		await engine.ok("rmi", "made:1");
	});

	test("of deleted and replaced files and directories is right, and so is a commit of that", async () => {
		const below: File[] = [
			{ name: "d/", type: "directory" },
			{ name: "d/one", content: "1" },
			{ name: "d/sub/", type: "directory" },
			{ name: "d/sub/two", content: "2" },
			{ name: "gone", content: "x" },
			{ name: "file", content: "a file" },
			{ name: "directory/", type: "directory" },
			{ name: "directory/in", content: "in" },
		];
		await load("below:1", {}, below);
		await made(
			"rm /gone; rm -r /d; mkdir -p /d/sub; echo new > /d/new; rm /file; mkdir /file; echo i > /file/i; rm -r /directory; echo f > /directory",
			"below:1",
		);
		const show = "cd /; find d file directory gone 2>/dev/null | sort | tr '\\n' ' '; cat /directory";
		expect(await inside(show)).toBe("d d/new d/sub directory file file/i f");
		await made(
			"rm -r /d /file; mkdir /d; echo 3 > /d/three; rm /directory; mkdir /directory; echo back > /gone",
			"made:1",
		);
		expect(await inside("cd /; find d file directory gone 2>/dev/null | sort | tr '\\n' ' '")).toBe(
			"d d/three directory gone ",
		);
		await engine.ok("rmi", "made:1");
		await engine.ok("rmi", "below:1");
	});

	ours("writes a whiteout for what was deleted, and marks a directory made anew as opaque", async () => {
		await load("below:2", {}, [
			{ name: "d/", type: "directory" },
			{ name: "d/one", content: "1" },
			{ name: "f", content: "" },
		]);
		await made("rm -r /d /f; mkdir /d; touch /d/new", "below:2");
		expect(listed(await layerOf("made:1"))).toEqual(["d/", "d/.wh..wh..opq", "d/new", ".wh.f"]);
		await engine.ok("rmi", "made:1");
		await engine.ok("rmi", "below:2");
	});

	ours("holds nothing of what bunker mounts over, nor of volumes", async () => {
		const source = engine.scratch();
		await engine.ok("run", "--name", "mounts", "-v", `${source}:/data`, IMAGE, "touch", "/data/secret", "/own");
		await engine.ok("commit", "mounts", "made:1");
		expect(listed(await layerOf("made:1"))).toEqual(["data/", "own"]);
		await engine.ok("rm", "mounts");
		await engine.ok("rmi", "made:1");
	});

	ours("of a container that has changed nothing adds no layer, and says so in the history", async () => {
		await made("true");
		const layers = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].RootFS.Layers;
		expect(await layers("made:1")).toEqual(await layers(IMAGE));
		await engine.ok("rmi", "made:1");
	});

	ours("keeps owner and mode of / itself", async () => {
		await made("chmod 1711 /; chown 5:6 /");
		expect(await inside("stat -c '%a %u:%g' /")).toBe("1711 5:6");
		await made("touch /more", "made:1");
		expect(await inside("stat -c '%a %u:%g' /")).toBe("1711 5:6");
		await made("chmod 755 /; chown 0:0 /", "made:1");
		expect(await inside("stat -c '%a %u:%g' /")).toBe("755 0:0");
		await engine.ok("rmi", "made:1");
	});

	ours("refuses a name that a layer would take for a deletion, and leaves nothing", async () => {
		await engine.ok("run", "--name", "trick", IMAGE, "touch", "/.wh.bin");
		const outcome = await engine.run("commit", "trick", "made:1");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("/.wh.bin");
		await engine.ok("rm", "trick");
		await engine.assertClean();
	});

	ours("of a file whose name looks like an archive's first bytes is right", async () => {
		await made("echo x > /BZh91AY");
		expect(await inside("cat /BZh91AY")).toBe("x");
		await engine.ok("rmi", "made:1");
	});

	ours("of a container on an image of 127 layers says that there may be no more", async () => {
		const layers = [...Array(126).keys()].map((index) => [{ name: `layer${index}`, content: String(index) }]);
		await load("many:1", {}, ...layers);
		await engine.ok("run", "--name", "full", "many:1", "touch", "/x");
		const outcome = await engine.run("commit", "full");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("127 layers");
		await engine.ok("rm", "full");
		await engine.ok("rmi", "many:1");
	});

	ours("takes the container's command, variables, user, directory and entrypoint over the image's", async () => {
		await load("configured:1", {
			Cmd: ["old"],
			Env: ["A=image", "B=image"],
			User: "root",
			WorkingDir: "/tmp",
			StopSignal: "SIGQUIT",
		});
		await engine.ok("run", "--name", "flags", "-e", "A=flag", "-u", "app", "-w", "/etc", "configured:1", "id", "-un");
		await engine.ok("commit", "flags", "made:1");
		expect(await configOf("made:1")).toMatchObject({
			Cmd: ["id", "-un"],
			Env: ["A=flag", "B=image"],
			User: "app",
			WorkingDir: "/etc",
			StopSignal: "SIGQUIT",
		});
		expect(await engine.ok("run", "--rm", "made:1")).toBe("app");
		await engine.ok("rm", "flags");
		await engine.ok("rmi", "made:1");
		await engine.ok("rmi", "configured:1");
	});

	test("-c applies a Dockerfile's instructions", async () => {
		const changes = [
			'CMD ["-n", "said"]',
			'ENTRYPOINT ["echo"]',
			"ENV A=1",
			"LABEL who=me",
			"WORKDIR /etc",
			"USER app",
		];
		await made("true", IMAGE, ...changes.flatMap((change) => ["-c", change]));
		expect(await engine.ok("run", "--rm", "made:1")).toBe("said");
		expect(await inside("id -un; pwd; echo $A")).toBe("app\n/etc\n1");
		if (process.env.TARGET !== "podman")
			expect(await configOf("made:1")).toMatchObject({ Labels: { who: "me" }, Env: ["A=1"] });
		await engine.ok("rmi", "made:1");
	});

	ours("-c with what is no such instruction: 1, the word is named, and nothing is made", async () => {
		await engine.ok("run", "--name", "wrong", IMAGE, "true");
		const before = await engine.ok("images", "-aq", "--no-trunc");
		const outcome = await engine.run("commit", "-c", "RUN make", "wrong", "made:1");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("RUN is not a valid change command");
		expect(await engine.ok("images", "-aq", "--no-trunc")).toBe(before);
		await engine.ok("rm", "wrong");
	});

	// podman has -m for images of docker's format only.
	ours("-a and -m stand in the image", async () => {
		await made("touch /x", IMAGE, "-a", "Ada <ada@example.com>", "-m", "with an x");
		const [image] = JSON.parse(await engine.ok("inspect", "made:1"));
		expect(image.Author).toBe("Ada <ada@example.com>");
		expect(image.Comment).toBe("with an x");
		await engine.ok("rmi", "made:1");
	});

	test("-p=false, --pause and the default are accepted", async () => {
		await engine.ok("run", "-d", "--name", "paused", IMAGE, "sleep", "1000");
		for (const flag of ["-p=false", "--pause=true", "-p"]) await engine.ok("commit", flag, "paused", "made:1");
		await engine.ok("rm", "-f", "paused");
		await engine.ok("rmi", "made:1");
	});

	ours("with a bad name: 1, the name is named, and nothing is made", async () => {
		await engine.ok("run", "--name", "named", IMAGE, "true");
		const outcome = await engine.run("commit", "named", "A B");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("invalid reference format: repository name");
		await engine.ok("rm", "named");
	});

	ours("of no such container: 1; with three names: 1 and how many it takes", async () => {
		expect(await engine.run("commit", "nosuch")).toMatchObject({
			code: 1,
			stderr: "bunker: No such container: nosuch\n",
		});
		const outcome = await engine.run("commit", "a", "b", "c");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("requires at least 1 and at most 2 arguments");
	});

	ours("import --change says how the image is run", async () => {
		await engine.ok("import", "-c", 'CMD ["echo", "imported"]', "--change", "ENV A=1", await busyboxTar(), "made:1");
		expect(await engine.ok("run", "--rm", "made:1")).toBe("imported");
		expect((await configOf("made:1")).Env).toEqual(["A=1"]);
		await engine.ok("rmi", "made:1");
	});

	ours("killed at any moment leaves no image and nothing that the next command does not clear", async () => {
		await removeImages();
		await engine.ok("run", "--name", "big", IMAGE, "sh", "-c", "dd if=/dev/urandom of=/big bs=1M count=40 2>/dev/null");
		const before = readdirSync(`${engine.root}/layers`).sort();
		for (const delay of [5, 15, 30, 50, 80]) {
			const program = engine.spawn("commit", "big");
			await Bun.sleep(delay);
			program.kill("SIGKILL");
			await program.ended();
		}
		await engine.ok("commit", "big", "made:1");
		await engine.ok("rm", "big");
		await removeImages();
		expect(readdirSync(`${engine.root}/layers`).sort()).toEqual(before);
		await engine.assertClean();
	});

	ours("while the container writes: the image is whole, and is what its digest says", async () => {
		const script =
			"touch /grow; echo ready; while :; do dd if=/dev/urandom of=/grow bs=64k count=1 2>/dev/null >> /log; echo $RANDOM >> /log; mkdir -p /m/n; rm -r /m; done";
		await engine.ok("run", "-d", "--name", "busy", IMAGE, "sh", "-c", script);
		await until("it has written", async () => (await engine.ok("logs", "busy")).includes("ready"));
		for (let round = 0; round < 5; round++) await engine.ok("commit", "busy", "made:1");
		const layer = await layerOf("made:1");
		expect(Bun.spawnSync(["sha256sum", layer]).stdout.toString()).toStartWith(layer.slice(-64));
		expect(listed(layer)).toContain("grow");
		await engine.ok("rm", "-f", "busy");
		await engine.ok("rmi", "made:1");
	});
});
