/**
 * Volumes with images as they are published: an entrypoint that begins as root,
 * gives its data to a user and becomes that (postgres, redis), one that is a user
 * from the start, and tools that work in the directory they are called in
 * (docs.docker.com: storage/volumes, storage/bind-mounts).
 */

import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { IMAGE, ours, ready, until, useEngine } from "./harness.ts";

const MADE = `
printf 'root:x:0:0::/root:/bin/sh\\ndb:x:70:70::/srv:/bin/sh\\napp:x:1000:1000::/home/app:/bin/sh\\n' >/etc/passwd
printf 'root:x:0:\\ndb:x:70:\\napp:x:1000:\\n' >/etc/group
mkdir -p /srv/data /home/app/data && chmod 1777 /srv/data && echo image >/home/app/data/file && chown -R 1000:1000 /home/app
cat >/bin/entrypoint <<'END'
#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
	find "$DATA" ! -user db -exec chown db:db '{}' +
	chmod 700 "$DATA"
	exec su db -c 'exec "$0" "$@"' -- "$0" "$@"
fi
exec "$@"
END
chmod 755 /bin/entrypoint; chmod 4755 /bin/busybox`;

const DATABASE = ["VOLUME /srv/data", "ENV DATA=/srv/data", 'ENTRYPOINT ["entrypoint"]'];
const APPLICATION = ['VOLUME ["/home/app/data"]', "USER app", "WORKDIR /home/app"];

describe.skipIf(!ready)("volumes with published images:", () => {
	const engine = useEngine("published");
	const none = ["--network", "none"];
	const run = (...words: string[]) => engine.run("run", "--rm", ...none, ...words);
	const changes = (lines: string[]) => lines.flatMap((line) => ["-c", line]);

	beforeAll(async () => {
		await engine.ok("run", "--name", "maker", ...none, IMAGE, "sh", "-c", MADE);
		await engine.ok("commit", ...changes(DATABASE), "maker", "database");
		await engine.ok("commit", ...changes(APPLICATION), "maker", "application");
		await engine.ok("rm", "maker");
	});
	afterEach(async () => {
		await engine.removeAll();
		await engine.ok("volume", "prune", "-f");
	});

	const SERVE = 'id -un; stat -c "%U %a" $DATA; echo started >>$DATA/log; exec sleep 1000';
	const started = async (name: string, times: number) => {
		await until(`${name} has started`, async () => {
			const shown = await engine.run("exec", name, "cat", "/srv/data/log");
			return shown.stdout.split("\n").length > times;
		});
		return (await engine.ok("logs", name)).split("\n").slice(-2);
	};

	test("an entrypoint gives the volume that its image declares to a user, and becomes that", async () => {
		await engine.ok("run", "-d", "--name", "db", ...none, "database", "sh", "-c", SERVE);
		expect(await started("db", 1)).toEqual(["db", "db 700"]);
		await engine.ok("stop", "-t", "0", "db");
		await engine.ok("start", "db");
		expect(await started("db", 2)).toEqual(["db", "db 700"]);
	});

	test("a volume with a name goes from one container of it to the next, as from one version to the next", async () => {
		const flags = ["-d", ...none, "-v", "kept:/srv/data"];
		for (const [at, name] of ["old", "new"].entries()) {
			await engine.ok("run", ...flags, "--name", name, "database", "sh", "-c", SERVE);
			expect(await started(name, at + 1)).toEqual(["db", "db 700"]);
			await engine.ok("rm", "-f", "-v", name);
		}
		const shown = await run("-v", "kept:/kept:ro", IMAGE, "sh", "-c", "cat /kept/log; stat -c %u:%g:%a /kept");
		expect(shown.stdout).toBe("started\nstarted\n70:70:700\n");
		await engine.ok("volume", "rm", "kept");
	});

	test("a user of the image's writes into a volume where the image has a directory of theirs", async () => {
		const script = "id -u; cat data/file; echo more >data/more && ls data";
		expect(await run("application", "sh", "-c", script)).toMatchObject({
			code: 0,
			stdout: "1000\nimage\nfile\nmore\n",
		});
		const named = await run("-v", "own:/home/app/data", "application", "sh", "-c", script);
		expect(named).toMatchObject({ code: 0, stdout: "1000\nimage\nfile\nmore\n" });
		expect((await run("-v", "own:/x", IMAGE, "ls", "-ln", "/x")).stdout).toMatch(/ 1000 +1000 .* more\n/);
		await engine.ok("volume", "rm", "own");
	});

	// podman gives it to the user that the image names.
	ours("the same user does not where the image has none: it is root's", async () => {
		const outcome = await run("-v", "theirs:/home/app/new", "application", "touch", "new/file");
		expect(outcome.code).toBe(1);
		expect(outcome.stderr).toContain("Permission denied");
		await engine.ok("volume", "rm", "theirs");
	});

	test("a tool works in the directory that it is called in, and what it makes is its caller's", async () => {
		const cwd = engine.scratch();
		writeFileSync(`${cwd}/in`, "source\n");
		Bun.spawnSync(["chown", "1000:1000", cwd]);
		const flags = ["run", "--rm", ...none, "-u", "1000:1000", "-w", "/src", "-v"];
		for (const source of [cwd, ".", "./"]) {
			await engine.ok(...flags, `${source}:/src`, IMAGE, "sh", "-c", "cat in >>out", { cwd });
		}
		expect(readFileSync(`${cwd}/out`, "utf8")).toBe("source\n".repeat(3));
		expect(statSync(`${cwd}/out`)).toMatchObject({ uid: 1000, gid: 1000 });
		const readOnly = await engine.run(...flags, `${cwd}:/src:ro`, IMAGE, "touch", "out", { cwd });
		expect(readOnly).toMatchObject({ code: 1, stderr: expect.stringContaining("Read-only file system") });
	});

	test("a volume is saved to an archive and filled from one, by way of --volumes-from", async () => {
		const cwd = engine.scratch();
		const from = (name: string) => ["--volumes-from", name, "-v", `${cwd}:/backup`, "-w", "/", IMAGE, "tar"];
		await engine.ok("run", "--name", "one", ...none, "-v", "/store", IMAGE, "sh", "-c", "echo kept >/store/file");
		expect((await run(...from("one"), "-cf", "/backup/store.tar", "store")).code).toBe(0);
		await engine.ok("run", "--name", "two", ...none, "-v", "/store", IMAGE, "true");
		expect((await run(...from("two"), "-xf", "/backup/store.tar")).code).toBe(0);
		expect((await run("--volumes-from", "two:ro", IMAGE, "cat", "/store/file")).stdout).toBe("kept\n");
		await engine.ok("rm", "-v", "one", "two");
	});
});
