/**
 * The upper layer of a container: what it is mounted with, and that commit,
 * export and diff, which read it without mounting it, say what the container saw.
 */

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, isAlive, ours, ready, until, useEngine } from "./harness.ts";

describe.skipIf(!ready)("an upper layer", () => {
	const engine = useEngine("upper");
	const pidOf = async (name: string) => JSON.parse(await engine.ok("inspect", name))[0].State.Pid as number;
	/** The options of the overlay that a process has as its root. */
	const optionsOf = (pid: number) =>
		(/ \/ \/ .* - overlay \S+ (\S+)/.exec(readFileSync(`/proc/${pid}/mountinfo`, "utf8"))?.[1] ?? "").split(",");
	/** Newer kernels have a word for it among others: fsync=volatile. */
	const hasVolatile = (options: string[]) => options.some((option) => /^(fsync=)?volatile$/.test(option));
	const isVolatile = async (name: string) => hasVolatile(optionsOf(await pidOf(name)));
	/** Whether the kernel's mark is there that lets nobody mount it again. */
	const isMarked = async (name: string) => {
		const { Id } = JSON.parse(await engine.ok("inspect", name))[0];
		return existsSync(`${engine.root}/containers/${Id}/work/work/incompat`);
	};

	ours("is volatile with --rm only: a restart, a killed one and what cp does change nothing of that", async () => {
		await engine.ok("run", "-d", "--name", "kept", IMAGE, "sleep", "1000");
		await engine.ok("run", "-d", "--rm", "--name", "thrown", IMAGE, "sleep", "1000");
		expect([await isVolatile("kept"), await isVolatile("thrown")]).toEqual([false, true]);
		await engine.ok("restart", "-t", "0", "kept", "thrown");
		expect([await isVolatile("kept"), await isVolatile("thrown")]).toEqual([false, true]);
		await engine.ok("kill", "kept");
		writeFileSync(`${engine.directory}/file`, "brought\n");
		await engine.ok("cp", `${engine.directory}/file`, "kept:/file");
		expect(await isMarked("kept")).toBe(false);
		await engine.ok("start", "kept");
		expect([await isVolatile("kept"), await isMarked("kept")]).toEqual([false, false]);
		await engine.removeAll();
	});

	test("of a --rm container keeps what was written when that is restarted", async () => {
		await engine.ok("run", "-d", "--rm", "--name", "again", IMAGE, "sleep", "1000");
		for (const number of ["1", "2", "3"]) {
			await engine.ok("exec", "again", "sh", "-c", `echo ${number} >> /file`);
			await engine.ok("restart", "-t", "0", "again");
		}
		expect(await engine.ok("exec", "again", "cat", "/file")).toBe("1\n2\n3");
		await engine.removeAll();
	});

	test("of a --rm container that waits takes what cp brings, several times, and starts with it", async () => {
		await engine.ok("create", "--rm", "--name", "filled", IMAGE, "cat", "/one", "/two");
		for (const name of ["one", "two"]) {
			writeFileSync(`${engine.directory}/${name}`, `${name}\n`);
			await engine.ok("cp", `${engine.directory}/${name}`, `filled:/${name}`);
		}
		expect(await engine.ok("start", "-a", "filled")).toBe("one\ntwo");
		await until("it is gone", async () => (await engine.ok("ps", "-a", "-q")) === "");
	});

	ours(
		"of a --rm container that waits is not volatile while cp fills it: a reboot may come before its start",
		async () => {
			await engine.ok("create", "--rm", "--name", "filled", IMAGE, "cat", "/file");
			writeFileSync(`${engine.directory}/file`, "brought\n");
			const traced = { env: { BUNKER_TRACE: "tape" } };
			const copied = await engine.run("cp", `${engine.directory}/file`, "filled:/", traced);
			expect(copied.stderr).toMatch(/mount an overlay of 1 layer on \S+ \(nodev\)/);
			const started = await engine.run("start", "-a", "filled", traced);
			expect(started.stderr).toMatch(/mount an overlay of 1 layer on \S+ \(\w+,volatile\)/);
			expect(started.stdout).toBe("brought\n");
			await engine.becomesClean();
		},
	);

	ours("of a --rm container goes with it, whatever is killed", async () => {
		for (const victims of ["cli", "monitor", "program", "both"]) {
			const program = engine.spawn(
				"run",
				"--rm",
				"--name",
				"victim",
				IMAGE,
				"sh",
				"-c",
				"echo x > /x; echo ready; sleep 1000",
			);
			await program.prints("ready");
			const pid = await pidOf("victim");
			const monitor = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
			if (victims === "cli" || victims === "both") program.kill("SIGKILL");
			if (victims === "monitor" || victims === "both") process.kill(monitor, "SIGKILL");
			if (victims === "program") process.kill(pid, "SIGKILL");
			if (victims === "cli") process.kill(pid, "SIGKILL");
			await program.ended();
			await until("its program has ended", () => !isAlive(pid));
			await until(`it is gone (${victims})`, async () => (await engine.ok("ps", "-a", "-q")) === "");
			await engine.becomesClean();
		}
	});

	/** An image of files of all kinds, in /t. */
	const BEFORE = `
		mkdir -p /t/del/deep /t/opaque/deep /t/move/deep /t/tofile /t/replaced /t/tolink /t/mode /t/over
		for d in /t/*; do echo $d > $d/one; echo $d > $d/two; done
		for d in /t/*/deep; do echo $d > $d/three; done
		echo old > /t/todir; echo old > /t/overwritten; echo old > /t/renamed; echo old > /t/chmod; ln -s /etc /t/symlink
		echo linked > /t/link1; ln /t/link1 /t/link2; echo low > /t/low; dd if=/dev/zero of=/t/holes bs=1 count=1 seek=5M 2>/dev/null
		mkfifo /t/fifo; chmod 4755 /t/overwritten; chown 7:8 /t/mode`;
	const base = async () => {
		if ((await engine.run("image", "inspect", "base:1")).code === 0) return;
		await engine.ok("run", "--name", "base", IMAGE, "sh", "-ec", BEFORE);
		await engine.ok("commit", "base", "base:1");
		await engine.ok("rm", "base");
	};
	/** What a container does to that. */
	const CHANGES = `
		cd /t; rm -r del opaque tofile replaced tolink over todir symlink
		mkdir opaque opaque/deep; echo new > opaque/deep/new
		mv move moved; mv renamed renamed2; mkdir fresh; echo f > fresh/f; mv fresh over
		echo file > tofile; mkdir todir symlink; echo in > todir/in; echo in > symlink/in; ln -s /t/moved tolink
		mkfifo replaced; rm fifo; mkdir fifo; rmdir fifo; mkdir fifo
		echo more >> link1; ln low low2; echo a > hard1; ln hard1 hard2; ln hard1 moved/hard3
		mkdir sticky; chmod 1777 sticky; chmod 2750 mode; chmod 6711 chmod; chown 1:2 overwritten; echo new > overwritten; chmod 4711 overwritten
		echo end | dd of=holes bs=1M seek=9 2>/dev/null; rm mode/one; mkdir mode/one; mknod node c 1 3; touch -d @1000000000 moved/one`;
	/** All that is in /t of a running container, as the host's find sees it from outside. */
	const listing = async (name: string, format: string) => {
		const script = `cd /proc/${await pidOf(name)}/root/t && find . -type d -printf '%y %m %U %G ${format.replace("%n ", "")} %p\\n' -o -printf '%y %m %U %G %s ${format} %p -> %l\\n' | sort -k 2
			find . -type f -exec md5sum {} + | sort -k 2; find . | sort | xargs getfattr -hd -m - 2>/dev/null`;
		return Bun.spawnSync(["sh", "-c", script]).stdout.toString();
	};
	const attribute = async (name: string, path: string, attribute: string, value: string) => {
		const at = `/proc/${await pidOf(name)}/root/t/${path}`;
		const { exitCode, stderr } = Bun.spawnSync(["setfattr", "-n", attribute, "-v", value, at]);
		if (exitCode !== 0) throw new Error(`${attribute} of ${path}: ${stderr}`);
	};
	const sleeping = (name: string, image: string) => engine.ok("run", "-d", "--name", name, image, "sleep", "1000");
	/** A container of an image with /t, and all that it has done to that. */
	async function change(name: string, image: string): Promise<void> {
		await sleeping(name, image);
		await engine.ok("exec", name, "sh", "-ec", CHANGES);
		const capability = "0x0100000200040000000000000000000000000000";
		const acl = "0x0200000001000600ffffffff020006000700000004000400ffffffff10000600ffffffff20000400ffffffff";
		await attribute(name, "overwritten", "user.note", "kept");
		await attribute(name, "moved/deep", "user.note", "of a directory");
		await attribute(name, "chmod", "security.capability", capability);
		await attribute(name, "low", "system.posix_acl_access", acl);
	}
	const EXACT = "%n %T@";

	ours.skipIf(!requires("setfattr"))(
		"committed, is what the container saw: names, kinds, owners, links, attributes",
		async () => {
			await base();
			await change("changed", "base:1");
			const seen = await listing("changed", EXACT);
			expect(seen).toContain('user.note="of a directory"');
			expect(seen).toContain("security.capability");
			expect(seen).toContain("system.posix_acl_access");
			await engine.ok("commit", "changed", "changed:1");
			await sleeping("copy", "changed:1");
			expect(await listing("copy", EXACT)).toBe(seen);
			expect(await engine.ok("diff", "copy")).toBe("");
			// A second time on top of that, so that there is a layer between.
			await engine.ok(
				"exec",
				"copy",
				"sh",
				"-ec",
				"cd /t; rm -r opaque over moved; mkdir opaque over; echo x > over/x; mv low moved",
			);
			const later = await listing("copy", EXACT);
			await engine.ok("commit", "copy", "copy:1");
			await sleeping("third", "copy:1");
			expect(await listing("third", EXACT)).toBe(later);
			await engine.removeAll();
			await engine.ok("rmi", "copy:1", "changed:1");
		},
	);

	ours.skipIf(!requires("setfattr"))(
		"exported, is what the container saw; but names that shared a file below it are files of their own",
		async () => {
			await base();
			await change("changed", "base:1");
			const seen = await listing("changed", "%T@");
			await engine.ok("export", "-o", `${engine.directory}/tree.tar`, "changed");
			await engine.ok("import", `${engine.directory}/tree.tar`, "flat:1");
			await sleeping("copy", "flat:1");
			expect(await listing("copy", "%T@")).toBe(seen);
			expect(await engine.ok("exec", "copy", "stat", "-c", "%h", "/t/hard1", "/t/low2")).toBe("3\n2");
			await engine.removeAll();
			await engine.ok("rmi", "flat:1");
		},
	);

	ours(
		"never shows overlay's own attributes, nor takes them for its own from a container that may set them",
		async () => {
			await engine.ok("run", "-d", "--privileged", "--name", "strong", IMAGE, "sh", "-c", "mkdir /d; sleep 1000");
			const at = `/proc/${await pidOf("strong")}/root/d`;
			Bun.spawnSync(["setfattr", "-n", "trusted.overlay.opaque", "-v", "y", at]);
			Bun.spawnSync(["setfattr", "-n", "trusted.mine", "-v", "y", at]);
			await engine.ok("commit", "strong", "strong:1");
			await sleeping("copy", "strong:1");
			const { stdout } = Bun.spawnSync(["getfattr", "-d", "-m", "-", `/proc/${await pidOf("copy")}/root/d`]);
			expect(stdout.toString()).not.toContain("trusted");
			await engine.removeAll();
			await engine.ok("rmi", "strong:1");
		},
	);

	ours.skipIf(!requires("setfattr"))(
		"of a container that never ran holds what cp has brought: diff, commit and export say so",
		async () => {
			const tree = `${engine.scratch()}/tree`;
			mkdirSync(`${tree}/deep`, { recursive: true });
			const script = `cd ${tree}; echo a > a; ln a deep/b; ln -s a link; chmod 4750 a; chown 5:6 a; chmod 1770 deep
			truncate -s 5M holes; setfattr -n user.note -v kept a; touch -d @1000000000.123456789 a deep`;
			expect(Bun.spawnSync(["sh", "-ec", script]).exitCode).toBe(0);
			await base();
			await engine.ok("create", "--name", "waits", "base:1", "sleep", "1000");
			await engine.ok("cp", "-a", tree, "waits:/t/brought");
			await engine.ok("cp", "-a", `${tree}/a`, "waits:/t/todir");
			const all = ["/brought", "/brought/a", "/brought/deep", "/brought/deep/b", "/brought/holes", "/brought/link"];
			const changed = ["C /t", ...all.map((path) => `A /t${path}`), "C /t/todir"];
			expect((await engine.ok("diff", "waits")).split("\n")).toEqual(changed);
			await engine.ok("commit", "waits", "brought:1");
			await engine.ok("export", "-o", `${engine.directory}/brought.tar`, "waits");
			await engine.ok("import", `${engine.directory}/brought.tar`, "brought:2");
			await engine.ok("start", "waits");
			await sleeping("committed", "brought:1");
			await sleeping("exported", "brought:2");
			const seen = await listing("waits", EXACT);
			expect(seen).toContain("./brought/a -> ");
			expect(await listing("committed", EXACT)).toBe(seen);
			expect(await listing("exported", EXACT)).toBe(seen);
			await engine.removeAll();
			await engine.ok("rmi", "brought:1", "brought:2");
		},
	);
});
