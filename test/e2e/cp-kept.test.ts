/**
 * What a copy keeps of a tree (docker's documentation of `container cp`; what a
 * file system holds in full is compared in test/kernel/copy-random.test.ts).
 */

import { beforeAll, describe, expect } from "bun:test";
import { statSync } from "node:fs";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const TREE = `
mkdir -p tree/sub tree/sealed; cd tree
echo one >file; chmod 640 file; chown 33:44 file; ln file sub/second
echo set >setuid; chown 5:6 setuid; chmod 6755 setuid
truncate -s 3M holes; printf end >>holes
mkfifo -m 600 fifo; mknod -m 620 node c 1 3; chown 7:8 fifo node
ln -s ../nowhere link; chown -h 9:10 link
chown 11:12 sub; chmod 2750 sub; chmod 500 sealed
find . -exec touch -h -d 2001-02-03T04:05:06.789 {} +`;

describe.skipIf(!ready)("cp", () => {
	const engine = useEngine("cp-kept");
	let source = "";
	const sh = (script: string, cwd: string): string => {
		const { exitCode, stdout, stderr } = Bun.spawnSync(["sh", "-ec", script], { cwd, env: engine.environment });
		expect([exitCode, stderr.toString()]).toEqual([0, ""]);
		return stdout.toString();
	};
	/** Type, mode, names and link of each, size of files; with its owner, and its time, if asked. */
	const told = (cwd: string, more = ""): string =>
		sh(`find . ! -type d -printf '%P %y %m %n %l ${more} %s\n' -o -printf '%P %y %m ${more}\n' | sort`, cwd);
	const WHOLE = "%U:%G %T@";

	beforeAll(() => {
		source = engine.scratch();
		sh(TREE, source);
	});

	// podman's -a changes owners to the container's user, as docker's does on the way in.
	ours.each(["running", "stopped"])("-a keeps all of a tree, in and out again: of a %s container", async (state) => {
		const cwd = engine.scratch();
		await engine.ok("create", "--name", state, IMAGE, "sleep", "1000");
		if (state === "running") await engine.ok("start", state);
		await engine.ok("cp", "-a", `${source}/tree`, `${state}:/`);
		await engine.ok("cp", "-a", `${state}:/tree`, cwd);
		expect(told(`${cwd}/tree`, WHOLE)).toBe(told(`${source}/tree`, WHOLE));
		expect(statSync(`${cwd}/tree/file`).ino).toBe(statSync(`${cwd}/tree/sub/second`).ino);
		expect(statSync(`${cwd}/tree/holes`).blocks * 512).toBeLessThan(1 << 20);
		await engine.ok("rm", "-f", state);
	});

	// podman leaves devices out.
	ours("without -a what is copied is its copier's, and all else is kept", async () => {
		const cwd = engine.scratch();
		await engine.ok("create", "--name", "root", IMAGE, "true");
		await engine.ok("cp", `${source}/tree`, "root:/");
		await engine.ok("cp", "root:/tree", cwd);
		expect(told(`${cwd}/tree`)).toBe(told(`${source}/tree`));
		expect(sh("find . ! -user root -o ! -group root", `${cwd}/tree`)).toBe("");
		await engine.ok("rm", "root");
	});

	ours(
		"with - an archive keeps its owners, with -a and without it: tar --owner says whose files they are",
		async () => {
			const cwd = engine.scratch();
			const bunker = `"${engine.directory}/bin/bunker"`;
			await engine.ok("run", "-d", "--name", "owned", IMAGE, "sleep", "1000");
			const stat = () => engine.ok("exec", "owned", "stat", "-c", "%u:%g %a", "/tmp/tree/file", "/tmp/tree/setuid");
			for (const flag of ["", "-a"]) {
				sh(`tar -c tree | ${bunker} cp ${flag} - owned:/tmp`, source);
				expect(await stat()).toBe("33:44 640\n5:6 6755");
				sh(`tar -c --owner 1000 --group 1001 --mode 600 tree/file | ${bunker} cp ${flag} - owned:/tmp`, source);
				expect(await stat()).toBe("1000:1001 600\n5:6 6755");
				await engine.ok("exec", "owned", "rm", "-r", "/tmp/tree");
			}
			sh(`tar -c tree | ${bunker} cp - owned:/tmp; ${bunker} cp owned:/tmp/tree - | tar -xp -C "${cwd}"`, source);
			expect(told(`${cwd}/tree`, "%U:%G")).toBe(told(`${source}/tree`, "%U:%G"));
			await engine.ok("rm", "-f", "owned");
		},
	);
});
