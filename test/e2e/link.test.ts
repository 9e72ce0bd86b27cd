/** --link on the default network (docker's documentation, Legacy container links). */

import { describe, expect } from "bun:test";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const engine = useEngine("link");
const BRIDGE = ["--network", "bridge"];

describe.skipIf(!ready)("--link", () => {
	ours("the other is known by alias, host name and name, and its ports and variables by ours", async () => {
		const flags = ["--name", "db", "-h", "box", "--expose", "5432", "-e", "MODE=fast"];
		await engine.ok("run", "-d", ...BRIDGE, ...flags, IMAGE, "sleep", "1000");
		const script =
			"grep data /etc/hosts; for name in data box db; do ping -c1 -W2 $name >/dev/null && echo $name; done; env";
		const out = await engine.ok(
			"run",
			"--rm",
			...BRIDGE,
			"--name",
			"web",
			"--link",
			"db:data",
			IMAGE,
			"sh",
			"-c",
			script,
		);
		const address = /^(\S+)\tdata box db$/m.exec(out)?.[1] as string;
		expect(address).toBe(await engine.ok("exec", "db", "hostname", "-i"));
		expect(out).toContain("\ndata\nbox\ndb\n");
		expect(out).toContain(`\nDATA_PORT=tcp://${address}:5432\n`);
		expect(out).toMatch(/^DATA_NAME=\/web\/data$/m);
		expect(out).toMatch(/^DATA_ENV_MODE=fast$/m);
		await engine.removeAll();
	});

	ours("when the other starts anew at another address, /etc/hosts follows", async () => {
		await engine.ok("run", "-d", ...BRIDGE, "--name", "db", IMAGE, "sleep", "1000");
		await engine.ok("run", "-d", ...BRIDGE, "--name", "web", "--link", "db", IMAGE, "sleep", "1000");
		const known = async () => /^(\S+)\tdb /m.exec(await engine.ok("exec", "web", "cat", "/etc/hosts"))?.[1] as string;
		const before = await known();
		await engine.ok("stop", "-t", "0", "db");
		await engine.ok("run", "-d", ...BRIDGE, IMAGE, "sleep", "1000");
		await engine.ok("rename", "db", "store");
		await engine.ok("start", "store");
		expect(await known()).not.toBe(before);
		expect(await engine.ok("exec", "store", "hostname", "-i")).toBe(await known());
		expect(await engine.ok("exec", "web", "ping", "-c1", "-W2", "db")).toContain("1 packets received");
		await engine.removeAll();
	});

	// moby, daemon/delete.go (rmLink)
	ours("rm --link takes the name away, at once and for good, and neither container", async () => {
		await engine.ok("run", "-d", ...BRIDGE, "--name", "db", IMAGE, "sleep", "1000");
		const links = ["--link", "db:data", "--link", "db:more"];
		await engine.ok("run", "-d", ...BRIDGE, "--name", "web", "-h", "data", ...links, IMAGE, "sleep", "1000");
		const names = async () => (await engine.ok("exec", "web", "cat", "/etc/hosts")).match(/(?<=\t)(data|more)\b.*/g);
		const short = (await engine.ok("inspect", "-f", "{{.Id}}", "db")).slice(0, 12);
		expect(await names()).toEqual([`data ${short} db`, `more ${short} db`, "data"]);
		expect(await engine.ok("rm", "--link", "/web/data")).toBe("/web/data");
		expect(await names()).toEqual([`more ${short} db`, "data"]);
		const shown = () => engine.ok("inspect", "-f", "{{json .HostConfig.Links}}", "web");
		expect(await shown()).toBe('["/db:/web/more"]');
		await engine.ok("restart", "-t", "0", "web");
		expect(await names()).toEqual([`more ${short} db`, "data"]);
		await engine.ok("rm", "-l", "web/more");
		expect([await names(), await shown()]).toEqual([["data"], "null"]);
		await engine.ok("rm", "-f", "db");
		await engine.ok("restart", "-t", "0", "web");
		await engine.removeAll();
	});

	ours("rm --link of what is no link is an error, and nothing is removed", async () => {
		await engine.ok("run", "-d", ...BRIDGE, "--name", "db", IMAGE, "sleep", "1000");
		await engine.ok("create", ...BRIDGE, "--name", "web", "--link", "db", IMAGE, "true");
		const id = await engine.ok("inspect", "-f", "{{.Id}}", "web");
		const refused = async (name: string, why: string) =>
			expect(await engine.run("rm", "--link", name)).toMatchObject({ code: 1, stdout: "", stderr: `bunker: ${why}\n` });
		for (const name of ["web/other", "nosuch/db", `${id}/db`, "web/db/x", "nosuch"])
			await refused(name, `No such container: ${name}`);
		const own = (await engine.run("rm", "--link", "web")).stderr;
		expect(own).toBe(
			"bunker: remove link web: that is the container itself\na link is named after the container that has it: NAME/ALIAS\n",
		);
		expect(await engine.run("rm", "-f", "--link", "web/other", "web/db")).toMatchObject({
			code: 0,
			stdout: "web/db\n",
		});
		expect(await engine.ok("inspect", "-f", "{{json .HostConfig.Links}}", "web")).toBe("null");
		await engine.removeAll();
	});

	ours("one that does not run, or is not there, is an error: 125", async () => {
		await engine.ok("create", ...BRIDGE, "--name", "made", IMAGE, "true");
		const stopped = await engine.run("run", ...BRIDGE, "--rm", "--name", "asks", "--link", "made", IMAGE, "true");
		expect(stopped.code).toBe(125);
		expect(stopped.stderr).toBe("bunker: cannot link to a container that does not run: /made AS /asks/made\n");
		const unknown = await engine.run("run", ...BRIDGE, "--rm", "--link", "nosuch", IMAGE, "true");
		expect(unknown).toMatchObject({ code: 125, stderr: "bunker: No such container: nosuch\n" });
		await engine.removeAll();
	});

	ours("to one that was removed since is none", async () => {
		await engine.ok("run", "-d", ...BRIDGE, "--name", "db", IMAGE, "sleep", "1000");
		await engine.ok("create", ...BRIDGE, "--name", "web", "--link", "db", IMAGE, "cat", "/etc/hosts");
		await engine.ok("rm", "-f", "db");
		expect(await engine.ok("start", "-a", "web")).not.toContain("db");
		await engine.removeAll();
	});
});
