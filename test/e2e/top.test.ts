/** `top`: processes of a container as ps shows them. */

import { describe, expect } from "bun:test";
import { IMAGE, ours, ready, untilIdle, useEngine } from "./harness.ts";

describe.skipIf(!ready)("top", () => {
	const engine = useEngine("top");
	const rows = async (...words: string[]) =>
		(await engine.ok("top", ...words)).split("\n").map((line) => line.trim().split(/\s{3,}/));
	const pid = async (name: string): Promise<number> => JSON.parse(await engine.ok("inspect", name))[0].State.Pid;

	ours("without options has the columns of ps -ef", async () => {
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
		const [titles, only, ...more] = await rows("web");
		expect(titles).toEqual(["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]);
		expect(only).toEqual([
			"root",
			String(await pid("web")),
			expect.stringMatching(/^\d+$/),
			expect.stringMatching(/^\d+$/),
			expect.stringMatching(/^\d\d:\d\d$|^\w{3}\d\d$/),
			"?",
			"00:00:00",
			"sleep 1000",
		]);
		expect(more).toEqual([]);
		// But what it has had of the processor, of a life that short.
		const steady = (lines: string[][]) => lines.map((line) => line.toSpliced(3, 1));
		expect(steady(await rows("web", "-ef"))).toEqual(steady(await rows("web")));
		await engine.removeAll();
	});

	ours("columns are at least twenty wide, as docker's", async () => {
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
		expect(await engine.ok("top", "web", "-o", "pid,comm")).toMatch(/^PID {17}COMMAND\n\d+ +sleep$/);
		await engine.removeAll();
	});

	ours("aux has the columns of ps aux", async () => {
		await engine.ok("run", "-d", "-t", "--name", "web", IMAGE, "sleep", "1000");
		await untilIdle(await pid("web"));
		const [titles, only = []] = await rows("web", "aux");
		expect(titles).toEqual(["USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND"]);
		expect(only[2]).toMatch(/^\d+\.\d$/);
		expect(only[6]).toBe("pts/0");
		expect(only[7]).toMatch(/^S.*s.*\+$/);
		expect(only.slice(9)).toEqual(["0:00", "sleep 1000"]);
		await engine.removeAll();
	});

	ours("-o LIST has these columns, in this order", async () => {
		await engine.ok("run", "-d", "--name", "web", "-u", "4321:99", IMAGE, "sleep", "1000");
		const [, only] = await rows("web", "-o", "pid,uid,gid,args");
		expect(only?.[1]).toBe("4321");
		expect(only?.[3]).toContain("sleep 1000");
		await engine.removeAll();
	});

	ours("all forms of -o", async () => {
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sleep", "1000");
		const wanted = await rows("web", "-o", "pid,stat");
		for (const words of [
			["-opid,stat"],
			["-eo", "pid,stat"],
			["-o", "pid", "-o", "stat"],
			["-e", "-o", "pid,stat"],
			["o", "pid,stat"],
			["-o pid,stat"],
		])
			expect(await rows("web", ...words)).toEqual(wanted);
		const every =
			"pid,ppid,pgid,sid,uid,user,gid,group,comm,args,cmd,stat,s,pcpu,%mem,vsz,rss,tty,time,etime,start,ni,nlwp,c";
		const [titles = [], values = []] = await rows("web", "-o", every);
		expect(titles).toHaveLength(24);
		expect(values).toHaveLength(24);
		await engine.removeAll();
	});

	ours("shows children, programs of exec and what is in namespaces within it, and nothing of others", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"web",
			"--privileged",
			IMAGE,
			"sh",
			"-c",
			"sleep 1001 & unshare -pf sleep 1002 & wait",
		);
		await engine.ok("run", "-d", "--name", "other", IMAGE, "sleep", "1003");
		await engine.ok("exec", "-d", "web", "sh", "-c", "sleep 1004; true");
		const commands = async () => (await rows("web", "-o", "pid,args")).slice(1).map(([, args]) => args);
		while ((await commands()).filter((args) => args?.startsWith("sleep")).length < 3) await Bun.sleep(10);
		expect((await commands()).sort()).toEqual([
			"sh -c sleep 1001 & unshare -pf sleep 1002 & wait",
			"sh -c sleep 1004; true",
			"sleep 1001",
			"sleep 1002",
			"sleep 1004",
			"unshare -pf sleep 1002",
		]);
		await engine.removeAll();
	});

	ours("with --pid host shows the container's own only", async () => {
		await engine.ok("run", "-d", "--name", "web", "--pid", "host", "--init", IMAGE, "sleep", "1000");
		const commands = (await rows("web", "-o", "pid,comm")).slice(1).map(([, name]) => name);
		expect(commands).toEqual(["bunker-monitor", "sleep"]);
		await engine.ok("rm", "-f", "web");
		await engine.assertClean();
	});

	ours("what a terminal would obey is not shown", async () => {
		await engine.ok("run", "-d", "--name", "web", IMAGE, "sh", "-c", "sleep 1000; true", "\u001b[31m\n");
		expect(await engine.ok("top", "web", "-o", "pid,args")).toContain("?[31m?");
		await engine.removeAll();
	});

	ours("what it does not know, or a container that does not run, is named: 1", async () => {
		await engine.ok("create", "--name", "web", IMAGE, "true");
		const cases: [string[], string][] = [
			[["web"], "container web is not running"],
			[["nosuch"], "No such container: nosuch"],
			[["web", "-x"], "top: the option -x of ps is not supported: -ef, aux and -o LIST are"],
			[["web", "-o", "pid,nosuch"], 'top: the column "nosuch" of ps is not supported'],
			[["web", "-o", "comm"], "couldn't find PID field in ps output"],
			[["web", "-o"], "couldn't find PID field in ps output"],
			[[], "'bunker top' requires at least 1 argument"],
		];
		for (const [args, message] of cases) {
			const outcome = await engine.run("top", ...args);
			expect(outcome).toMatchObject({ code: 1, stdout: "" });
			expect(outcome.stderr).toContain(message);
		}
		await engine.removeAll();
	});
});
