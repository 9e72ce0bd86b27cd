/**
 * What a volume begins with, and when it goes: filled from the image at its
 * first use, declared by an image, taken from another container, removed with
 * its container (docs.docker.com: storage/volumes; reference/cli-errors-docker28.txt).
 */

import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const MADE = `
mkdir -p /data/sub /empty /many && echo image >/data/file && echo deep >/data/sub/deep
chown 1000:1000 /data /empty && chmod 750 /data && chmod 2770 /empty && chown 0:29 /data/file && chmod 4711 /data/file
for n in $(seq 300); do : >/many/$n; done
ln -s file /data/link && ln /data/file /data/second && ln -s /data /door && mkfifo /data/pipe && echo x >/plain`;

/** What an image may say of a volume, and nobody can mount. */
const ODD = { root: "/", back: "/a/../..", procfs: "/proc", inside: "/proc/self/attr", relative: "relative" };

describe.skipIf(!ready)("the content of a volume", () => {
	const engine = useEngine("filling");
	const volumes = () => readdirSync(`${engine.root}/volumes`).sort();
	const none = ["--network", "none"];
	const run = (...words: string[]) => engine.ok("run", "--rm", ...none, ...words);

	beforeAll(async () => {
		await engine.ok("run", "--name", "maker", ...none, IMAGE, "sh", "-c", MADE);
		await engine.ok("commit", "maker", "filled");
		await engine.ok("commit", "--change", "VOLUME /data /new", "maker", "declared");
		await engine.ok("rm", "maker");
	});
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("volume", "prune", "-a", "-f");
	});

	test("is the image's at the first use, with owners, modes, links and FIFOs", async () => {
		const shown = await run("-v", "one:/data", "filled", "sh", "-c", "cat /data/file /data/sub/deep; ls -ln /data");
		expect(shown).toMatch(/^image\ndeep\n/);
		expect(shown).toMatch(/-rws--x--x +2 0 +29 .* file\n/);
		expect(shown).toMatch(/lrwxrwxrwx .* link -> file\n/);
		expect(shown).toMatch(/prw.* pipe\n/);
		expect(await run("-v", "one:/x", IMAGE, "stat", "-c", "%a %u:%g", "/x")).toBe("750 1000:1000");
	});

	test("is the volume's own as soon as it holds anything", async () => {
		await run("-v", "own:/data", IMAGE, "sh", "-c", "echo mine >/data/mine");
		expect(await run("-v", "own:/data", "filled", "ls", "/data")).toBe("mine");
	});

	test("is nothing with nocopy, and the directory stays as it was made", async () => {
		expect(await run("-v", "bare:/data:nocopy", "filled", "sh", "-c", "ls -a /data; stat -c %a:%u /data")).toBe(
			".\n..\n755:0",
		);
	});

	test("takes owner and mode of an empty directory, too", async () => {
		expect(await run("-v", "mode:/empty", "filled", "stat", "-c", "%a %u:%g", "/empty")).toBe("2770 1000:1000");
	});

	test("is found by way of a link in the image, which leads nowhere outside of it", async () => {
		expect(await run("-v", "door:/door", "filled", "cat", "/data/file")).toBe("image");
		expect(await run("-v", "door:/x", IMAGE, "cat", "/x/file")).toBe("image");
	});

	test("of a bind is never the image's", async () => {
		const directory = engine.scratch();
		expect(await run("-v", `${directory}:/data`, "filled", "ls", "/data")).toBe("");
	});

	test("is there when the container is created, before its start", async () => {
		await engine.ok("create", "--name", "made", ...none, "-v", "early:/data", "filled", "true");
		expect(readdirSync(`${engine.root}/volumes/early/_data`)).toContain("file");
	});

	ours("is copied to its end after a kill in the middle", async () => {
		await run("-v", "half:/x", IMAGE, "true");
		const directory = `${engine.root}/volumes/half`;
		mkdirSync(`${directory}/_data/sub`, { recursive: true });
		writeFileSync(`${directory}/filling`, "");
		expect(await run("-v", "half:/data", "filled", "cat", "/data/sub/deep")).toBe("deep");
		expect(existsSync(`${directory}/filling`)).toBe(false);
	});

	ours("is whole when a container starts whose `create` was killed at any moment", async () => {
		for (let delay = 0; delay < 120; delay += 8) {
			const create = engine.spawn("create", "--name", "killed", ...none, "-v", "big:/many", "filled", "ls", "/many");
			await Bun.sleep(delay);
			create.kill("SIGKILL");
			await create.ended();
			if ((await engine.ok("ps", "-aq")) === "") continue;
			expect((await engine.ok("start", "-a", "killed")).split("\n")).toHaveLength(300);
			expect(existsSync(`${engine.root}/volumes/big/filling`)).toBe(false);
			await engine.ok("rm", "killed");
			await engine.ok("volume", "rm", "big");
		}
	});

	ours("is what it is, half of it or not, for who uses it without the image's", async () => {
		await run("-v", "half:/x", IMAGE, "true");
		const mark = `${engine.root}/volumes/half/filling`;
		for (const words of [
			["-v", "half:/x", IMAGE],
			["-v", "half:/data:nocopy", "filled"],
		]) {
			writeFileSync(mark, "");
			await run(...words, "sh", "-c", "cd /x 2>/dev/null || cd /data; echo mine >file");
			expect(existsSync(mark)).toBe(false);
			expect(await run("-v", "half:/data", "filled", "cat", "/data/file")).toBe("mine");
		}
	});

	ours("is given back where there is no room for it", () => {
		const bunker = engine.command.map((word) => `'${word}'`).join(" ");
		const directory = engine.scratch();
		const script = `
			mount -t tmpfs -o size=12m small ${directory} || exit 9
			export BUNKER_ROOT=${directory}
			${bunker} import ${engine.directory}/big.tar big >/dev/null || exit 8
			cp /dev/zero ${directory}/pad 2>/dev/null; truncate -s -2M ${directory}/pad
			${bunker} run --network none -v named:/data big true 2>&1; echo $?
			${bunker} run --network none -v /data big true 2>&1 | sed -E 's/[0-9a-f]{64}/ID/'
			${bunker} ps -aq; ls ${directory}/volumes; ${bunker} volume ls -q
			cp /dev/zero ${directory}/pad 2>/dev/null; ${bunker} volume create other 2>&1; ls ${directory}/volumes`;
		Bun.spawnSync(
			[
				"sh",
				"-c",
				`mkdir -p tree/data && head -c 4000000 /dev/zero >tree/data/file && tar cf ${engine.directory}/big.tar -C tree .`,
			],
			{ cwd: engine.scratch() },
		);
		const words = ["unshare", "-m", "--propagation", "private", "sh", "-c", script];
		const { stdout } = Bun.spawnSync(words, { env: engine.environment, stdin: "ignore" });
		expect(stdout.toString().split("\n")).toEqual([
			"bunker: copy /data/file to the volume named/file: ENOSPC (no space left on device)",
			"125",
			"bunker: copy /data/file to the volume ID/file: ENOSPC (no space left on device)",
			"named",
			"bunker: use the database: database or disk is full",
			"",
		]);
	});

	ours("is copied once by containers that begin at the same time", async () => {
		const words = ["run", "--rm", ...none, "-v", "together:/data", "filled", "cat", "/data/sub/deep", "/data/file"];
		const outcomes = await Promise.all(Array.from({ length: 8 }, () => engine.run(...words)));
		expect(outcomes.map(({ code, stdout }) => `${code} ${stdout}`)).toEqual(Array(8).fill("0 deep\nimage\n"));
	});

	ours("is a directory's: a volume over a file of the image is refused", async () => {
		const before = volumes();
		expect(await engine.run("run", ...none, "-v", "/plain", "filled", "true")).toMatchObject({
			code: 125,
			stderr: expect.stringContaining("cannot mount a volume over the existing file /plain"),
		});
		expect(await engine.ok("ps", "-aq")).toBe("");
		expect(volumes()).toEqual(before);
	});
});

describe.skipIf(!ready)("volumes that an image declares", () => {
	const engine = useEngine("declared");
	const none = ["--network", "none"];
	const volumes = () => (existsSync(`${engine.root}/volumes`) ? readdirSync(`${engine.root}/volumes`).sort() : []);

	beforeAll(async () => {
		await engine.ok("run", "--name", "maker", ...none, IMAGE, "sh", "-c", "mkdir /data; echo image >/data/file");
		await engine.ok("commit", "--change", "VOLUME /data /new", "maker", "declared");
		await engine.ok("commit", "--change", "VOLUME /data/ /new/../newer", "maker", "slashed");
		for (const [name, path] of Object.entries(ODD))
			await engine.ok("commit", "--change", `VOLUME ${path}`, "maker", name);
		await engine.ok("rm", "maker");
	});
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("volume", "prune", "-a", "-f");
	});

	test("are made for each container, filled, and go with --rm", async () => {
		const shown = await engine.ok("run", "--rm", ...none, "declared", "sh", "-c", "cat /data/file; echo >/new/x");
		expect(shown).toBe("image");
		expect(volumes()).toEqual([]);
	});

	test("give way to what is asked for there, however the image writes their paths", async () => {
		const source = engine.scratch();
		writeFileSync(`${source}/mine`, "");
		const own = ["-v", `${source}:/data`, "-v", "named:/newer"];
		expect(await engine.ok("run", "--rm", ...none, ...own, "slashed", "ls", "/data")).toBe("mine");
		await engine.ok("create", "--name", "one", ...none, ...own, "slashed", "true");
		const mounts = await engine.ok("inspect", "one", "--format", "{{range .Mounts}}{{.Destination}} {{end}}");
		expect(mounts.trim().split(" ").sort()).toEqual(["/data", "/newer"]);
	});

	ours("lie in the root, but are neither that nor in /proc", async () => {
		expect(await engine.ok("run", "--rm", ...none, "relative", "sh", "-c", "echo x >/relative/x; ls /relative")).toBe(
			"x",
		);
		const why = {
			root: "invalid specification: destination can't be '/'",
			back: "invalid specification: destination can't be '/'",
			procfs: '"/proc" cannot be mounted because it is not of type proc',
			inside: '"/proc/self/attr" cannot be mounted because it is inside /proc',
		};
		for (const [image, reason] of Object.entries(why))
			expect(await engine.run("run", ...none, image, "true")).toMatchObject({
				code: 125,
				stderr: `bunker: volume "${ODD[image as keyof typeof ODD]}" of the image: ${reason}\n`,
			});
		expect([await engine.ok("ps", "-aq"), volumes()]).toEqual(["", []]);
	});

	test("stay with rm, and go with rm -v", async () => {
		await engine.ok("create", "--name", "one", ...none, "declared", "true");
		expect(volumes()).toHaveLength(2);
		await engine.ok("rm", "one");
		expect(volumes()).toHaveLength(2);
		await engine.ok("create", "--name", "two", ...none, "declared", "true");
		await engine.ok("rm", "-v", "two");
		expect(volumes()).toHaveLength(2);
		for (const name of volumes()) expect(name).toMatch(/^[0-9a-f]{64}$/);
	});

	test("keep what was written when the container is started again", async () => {
		const script = "cat /new/x; echo again >/new/x";
		await engine.ok("create", "--name", "twice", ...none, "declared", "sh", "-c", script);
		await engine.run("start", "-a", "twice");
		expect(await engine.ok("start", "-a", "twice")).toBe("again");
		await engine.ok("rm", "-v", "twice");
	});

	test("give way to -v, --mount and --tmpfs for the same place", async () => {
		const before = volumes();
		const directory = engine.scratch();
		const words = ["-v", `${directory}:/data`, "--tmpfs", "/new"];
		expect(await engine.ok("run", "--rm", ...none, ...words, "declared", "ls", "/data")).toBe("");
		expect(volumes()).toEqual(before);
	});

	test("with -v go with rm -v only if they have no name", async () => {
		await engine.ok("create", "--name", "named", ...none, "-v", "kept:/k", "-v", "/gone", IMAGE, "true");
		const before = volumes();
		await engine.ok("rm", "-v", "named");
		expect(before.length - volumes().length).toBe(1);
		expect(volumes()).toContain("kept");
	});

	ours("of a --rm container whose bunker was killed go with the next command", async () => {
		const before = volumes();
		const program = engine.spawn("run", "--rm", ...none, "declared", "sh", "-c", "echo up; sleep 0.3");
		await program.prints("up");
		program.kill("SIGKILL");
		await program.ended(5000).catch(() => undefined);
		for (let round = 0; round < 50 && volumes().length > before.length; round++) {
			await Bun.sleep(100);
			await engine.ok("ps", "-a");
		}
		expect(volumes()).toEqual(before);
	});
});

describe.skipIf(!ready)("--volumes-from", () => {
	const engine = useEngine("volumes-from");
	const none = ["--network", "none"];
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("volume", "prune", "-a", "-f");
	});

	test("mounts what the other has at the same places", async () => {
		const directory = engine.scratch();
		const words = ["-v", "shared:/s", "-v", "/own", "-v", `${directory}:/h`];
		await engine.ok(
			"run",
			"--name",
			"giver",
			...none,
			...words,
			IMAGE,
			"sh",
			"-c",
			"echo s >/s/f; echo o >/own/f; echo h >/h/f",
		);
		const from = (...more: string[]) => engine.run("run", "--rm", ...none, "--volumes-from", ...more);
		expect((await from("giver", IMAGE, "cat", "/s/f", "/own/f", "/h/f")).stdout).toBe("s\no\nh\n");
		const refused = await from("giver:ro", IMAGE, "sh", "-c", "echo x >/s/f");
		expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("Read-only file system") });
		rmSync(directory, { recursive: true });
	});

	test("keeps a volume without a name as long as one of both has it", async () => {
		await engine.ok("create", "--name", "giver", ...none, "-v", "/own", IMAGE, "true");
		await engine.ok(
			"run",
			"--name",
			"taker",
			...none,
			"--volumes-from",
			"giver",
			IMAGE,
			"sh",
			"-c",
			"echo kept >/own/f",
		);
		const names = () => readdirSync(`${engine.root}/volumes`);
		await engine.ok("rm", "-v", "giver");
		expect(names()).toHaveLength(1);
		await engine.ok("rm", "-v", "taker");
		expect(names()).toHaveLength(0);
	});

	ours("of a container that is not there is refused with 125", async () => {
		expect(await engine.run("run", "--volumes-from", "nobody", IMAGE, "true")).toMatchObject({
			code: 125,
			stderr: "bunker: No such container: nobody\n",
		});
	});
});
