/** --filter of ps and images, and ps -n -l; what each means is docker's (docs: docker container ls, docker image ls; moby, daemon/list.go). */

import { beforeAll, describe, expect, test } from "bun:test";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

describe.skipIf(!ready)("--filter of ps", () => {
	const engine = useEngine("filter");
	let web = "";

	beforeAll(async () => {
		web = await engine.ok(
			"run",
			"-d",
			"--name",
			"web",
			"-l",
			"team=a",
			"-l",
			"tier",
			"-v",
			"/tmp:/data",
			IMAGE,
			"sleep",
			"1000",
		);
		await engine.run("run", "--name", "web-old", "-l", "team=b", IMAGE, "sh", "-c", "exit 3");
		await engine.ok("create", "--name", "made", IMAGE, "true");
	});

	/** Names of those that all these filters let through, sorted: podman lists the oldest first. */
	const found = async (...filters: string[]): Promise<string[]> => {
		const flags = filters.flatMap((filter) => ["--filter", filter]);
		const out = await engine.ok("ps", "-a", "--format", "{{.Names}}", ...flags);
		return out.split("\n").filter(Boolean).sort();
	};
	const refused = async (...words: string[]) => {
		const { code, stderr } = await engine.run(...words);
		return `${code} ${stderr.split("\n")[0]}`;
	};

	test("name: a part, or a regular expression", async () => {
		expect(await found("name=web")).toEqual(["web", "web-old"]);
		expect(await found("name=^web$")).toEqual(["web"]);
		expect(await found("name=^web$", "name=made")).toEqual(["made", "web"]);
	});

	ours("name: docker's slash before it, too", async () => {
		expect(await found("name=^/web$")).toEqual(["web"]);
	});

	test("id: a part of it", async () => {
		expect(await found(`id=${web.slice(0, 12)}`)).toEqual(["web"]);
	});

	test("label: there, or with that value; several are all needed", async () => {
		expect(await found("label=team")).toEqual(["web", "web-old"]);
		expect(await found("label=team=a")).toEqual(["web"]);
		expect(await found("label=team=a", "label=tier")).toEqual(["web"]);
		expect(await found("label=team=b", "label=tier")).toEqual([]);
	});

	test("status: shows those that do not run without -a, too", async () => {
		expect(await engine.ok("ps", "--filter", "status=exited", "--format", "{{.Names}}")).toBe("web-old");
		expect(await found("status=created", "status=running")).toEqual(["made", "web"]);
	});

	test("exited: the exit code of those that have ended", async () => {
		expect(await found("exited=3")).toEqual(["web-old"]);
		expect(await found("exited=0")).toEqual([]);
	});

	test("before and since: another container", async () => {
		expect(await found("before=web-old")).toEqual(["web"]);
		expect(await found("since=web-old")).toEqual(["made"]);
	});

	ours("ancestor: an image by name (podman knows it by another one)", async () => {
		expect(await found("ancestor=busybox")).toEqual(["made", "web", "web-old"]);
	});

	ours("ancestor: by id, and with what was committed on top of it", async () => {
		await engine.ok("commit", "web-old", "derived");
		await engine.ok("create", "--name", "child", "derived", "true");
		const id = await engine.ok("images", "-q", "--no-trunc", IMAGE);
		expect(await found(`ancestor=${id}`)).toContain("web");
		expect(await found("ancestor=derived")).toEqual(["child"]);
		expect(await found("ancestor=busybox")).toContain("child");
		expect(await found("ancestor=nosuch")).toEqual([]);
		await engine.ok("rm", "child");
		await engine.ok("rmi", "derived");
	});

	ours("volume: where it comes from, and where it is (podman knows volumes by name only)", async () => {
		expect(await found("volume=/data")).toEqual(["web"]);
		expect(await found("volume=/tmp")).toEqual(["web"]);
	});

	ours("network, health, publish, expose, is-task, isolation", async () => {
		expect(await found("network=bridge")).toHaveLength(3);
		expect(await found("network=none")).toEqual([]);
		expect(await found("health=none")).toHaveLength(3);
		expect(await found("health=healthy")).toEqual([]);
		expect(await found("publish=80")).toEqual([]);
		expect(await found("expose=80-90/tcp")).toEqual([]);
		expect(await found("is-task=true")).toEqual([]);
		expect(await found("is-task=false")).toHaveLength(3);
		expect(await found("isolation=process")).toEqual([]);
	});

	ours("an unknown one exits 1 and names those that are known; one without = is a malformed flag", async () => {
		expect(await refused("ps", "--filter", "nosuch=1")).toBe("1 bunker: invalid filter 'nosuch'");
		expect(await refused("ps", "--filter", "nosuch")).toBe(
			'125 bunker: invalid argument "nosuch" for -f, --filter: bad format of filter (expected name=value)',
		);
	});

	ours("a value that is none exits 1 and says what is expected", async () => {
		expect(await refused("ps", "-f", "status=nosuch")).toStartWith(
			"1 bunker: invalid filter 'status=nosuch': one of created,",
		);
		expect(await refused("ps", "-f", "health=nosuch")).toStartWith(
			"1 bunker: invalid filter 'health=nosuch': one of starting,",
		);
		expect(await refused("ps", "-f", "exited=x")).toBe("1 bunker: invalid filter 'exited=x': a number is expected");
		expect(await refused("ps", "-f", "expose=x")).toStartWith("1 bunker: invalid filter 'expose=x': a port");
		expect(await refused("ps", "-f", "is-task=x")).toStartWith("1 bunker: invalid filter 'is-task=x'");
		expect(await refused("ps", "-f", "before=nosuch")).toBe("1 bunker: No such container: nosuch");
	});

	test("-n: so many, whatever their state; -l: one", async () => {
		const two = await engine.ok("ps", "-n", "2", "--format", "{{.Names}}");
		expect(two.split("\n").sort()).toEqual(["made", "web-old"]);
		expect(await engine.ok("ps", "-l", "--format", "{{.Names}}")).toBe("made");
	});

	ours("-n wins over -l, and counts what filters let through; -n 0 is none said", async () => {
		expect(await engine.ok("ps", "-l", "-n", "2", "-f", "label=team", "--format", "{{.Names}}")).toBe("web-old\nweb");
		expect(await engine.ok("ps", "-n", "0", "--format", "{{.Names}}")).toBe("web");
	});
});

describe.skipIf(!ready)("--filter of images", () => {
	const engine = useEngine("filter-images");

	beforeAll(async () => {
		await engine.ok("tag", IMAGE, "local/team/app:1");
		await engine.ok("run", "--name", "old", IMAGE, "touch", "/x");
		await engine.ok("commit", "-c", "LABEL team=a", "old", "labelled");
	});

	const found = async (...words: string[]): Promise<string[]> => {
		const out = await engine.ok("images", "--format", "{{.Repository}}:{{.Tag}}", ...words);
		return out.split("\n").filter(Boolean).sort();
	};
	const all = ["busybox:latest", "labelled:latest", "local/team/app:1"];

	ours("reference: a pattern, as the operand is one", async () => {
		expect(await found("-f", "reference=busy*")).toEqual(["busybox:latest"]);
		expect(await found("-f", "reference=*:latest")).toEqual(["busybox:latest", "labelled:latest"]);
		expect(await found("-f", "reference=local/*/app:1")).toEqual(["local/team/app:1"]);
		expect(await found("local/team/app")).toEqual(["local/team/app:1"]);
		expect(await found("-f", "reference=*")).toEqual(["busybox:latest", "labelled:latest"]);
	});

	ours("label, dangling, before, since, until", async () => {
		expect(await found("-f", "label=team=a")).toEqual(["labelled:latest"]);
		expect(await found("-f", "label=nosuch")).toEqual([]);
		expect(await found("-f", "dangling=true")).toEqual([]);
		expect(await found("-f", "dangling=false")).toEqual(all);
		expect(await found("-f", "since=busybox")).toEqual(["labelled:latest"]);
		expect(await found("-f", "before=labelled")).toEqual(["busybox:latest", "local/team/app:1"]);
		expect(await found("-f", "until=24h")).toEqual([]);
		expect(await found("-f", "until=2100-01-01")).toEqual(all);
	});

	ours("what is wrong exits 1 and is named", async () => {
		const line = async (filter: string) => (await engine.run("images", "-f", filter)).stderr.split("\n")[0];
		expect((await engine.run("images", "-f", "nosuch=1")).code).toBe(1);
		expect(await line("nosuch=1")).toBe("bunker: invalid filter 'nosuch'");
		expect(await line("dangling=maybe")).toStartWith("bunker: invalid filter 'dangling=maybe'");
		expect(await line("before=nosuch")).toBe("bunker: No such image: nosuch:latest");
		expect(await line("until=soon")).toStartWith("bunker: invalid filter 'until=soon'");
		expect(await line("reference=[z-a]")).toStartWith("bunker: invalid filter 'reference=[z-a]'");
	});
});
