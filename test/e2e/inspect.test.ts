/** `inspect` of containers and images in docker's shape (test/reference/inspect-*.json, recorded from docker 28). */

import { beforeAll, describe, expect, test } from "bun:test";
import container from "../reference/inspect-container.json";
import image from "../reference/inspect-image.json";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

/** Paths of all fields; those of a map are the user's, not docker's. */
function paths(value: unknown, maps: readonly string[], at = ""): string[] {
	if (typeof value !== "object" || value === null || Array.isArray(value) || maps.includes(at)) return [at];
	return Object.entries(value).flatMap(([name, field]) => paths(field, maps, at ? `${at}.${name}` : name));
}

const MAPS = [
	"HostConfig.PortBindings",
	"HostConfig.LogConfig.Config",
	"GraphDriver.Data",
	"Config.Labels",
	"NetworkSettings.Ports",
	"NetworkSettings.Networks",
];

describe.skipIf(!ready)("inspect", () => {
	const engine = useEngine("inspect");
	let id = "";

	beforeAll(async () => {
		const flags = ["--name", "web", "-h", "box", "-e", "A=1", "-w", "/tmp", "-l", "z=1", "-l", "a=2", "--read-only"];
		id = await engine.ok("run", "-d", ...flags, "-v", "/tmp:/data:ro", IMAGE, "sleep", "1000");
		await engine.run("run", "--name", "gone", IMAGE, "sh", "-c", "echo 12345 >/x; exit 3");
	});

	const one = async (...words: string[]) => JSON.parse(await engine.ok(...words))[0];
	const wrong = async (...words: string[]) => {
		const { code, stdout, stderr } = await engine.run(...words);
		return { code, stdout, line: stderr.split("\n")[0] };
	};

	ours("of a container has all fields of docker's, in its order", async () => {
		// What only containers with ports or a health check have.
		const special = /^(State\.Health|Config\.(ExposedPorts|Healthcheck))/;
		expect(paths(await one("inspect", "web"), MAPS)).toEqual(
			paths(container[0], MAPS).filter((path) => !special.test(path)),
		);
	});

	ours("of an image has all fields of docker's, in its order", async () => {
		const shown = await one("inspect", IMAGE);
		expect(paths(shown, MAPS)).toEqual(paths(image[0], MAPS));
		expect(shown.Metadata.LastTagTime).toMatch(/^\d{4}-.*Z$/);
	});

	ours("shows what the flags said, over what the image says", async () => {
		const { Config, HostConfig, Mounts, State, Path, Args, Name, Created } = await one("inspect", "web");
		expect(Config).toMatchObject({
			Hostname: "box",
			Env: ["A=1"],
			WorkingDir: "/tmp",
			Cmd: ["sleep", "1000"],
			Entrypoint: null,
		});
		expect(Object.entries(Config.Labels)).toEqual([
			["a", "2"],
			["z", "1"],
		]);
		expect(HostConfig).toMatchObject({
			Binds: ["/tmp:/data:ro"],
			NetworkMode: "bridge",
			ReadonlyRootfs: true,
			AutoRemove: false,
		});
		expect(HostConfig.RestartPolicy).toEqual({ Name: "no", MaximumRetryCount: 0 });
		expect(Mounts).toEqual([
			{ Type: "bind", Source: "/tmp", Destination: "/data", Mode: "ro", RW: false, Propagation: "rprivate" },
		]);
		expect(State).toMatchObject({ Status: "running", Running: true, ExitCode: 0, FinishedAt: "0001-01-01T00:00:00Z" });
		expect([Path, Args, Name]).toEqual(["sleep", ["1000"], "/web"]);
		expect(Created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
	});

	ours("names where the merged root and the network namespace are while it runs", async () => {
		const { GraphDriver, NetworkSettings, State } = await one("inspect", "web");
		expect(GraphDriver.Data.MergedDir).toBe(`/proc/${State.Pid}/root`);
		expect(NetworkSettings.SandboxKey).toBe(`/proc/${State.Pid}/ns/net`);
		const gone = await one("inspect", "gone");
		expect([gone.GraphDriver.Data.MergedDir, gone.NetworkSettings.SandboxKey]).toEqual([undefined, ""]);
		expect(gone.State).toMatchObject({ Status: "exited", Running: false, ExitCode: 3, Pid: 0 });
	});

	test("-f prints a template for each", async () => {
		expect(await engine.ok("inspect", "-f", "{{.State.Status}} {{.Config.Hostname}}", "web")).toBe("running box");
		expect(await engine.ok("inspect", "-f", "{{range .Mounts}}{{.Source}} {{end}}", "web")).toBe("/tmp ");
		expect(await engine.ok("inspect", "-f", "{{.State.ExitCode}}", "web", "gone")).toBe("0\n3");
		expect(await engine.ok("inspect", "-f", '{{index .Config.Labels "z"}}', "web")).toBe("1");
	});

	ours("-f sees docker's types, and falls back to the JSON's names", async () => {
		expect(await engine.ok("inspect", "-f", "{{.HostConfig.RestartPolicy}} {{.ID}}", "web")).toBe(`{no 0} ${id}`);
		expect(await engine.ok("inspect", "-f", "{{.Id}} {{.HostConfig.RestartPolicy}}", "web")).toBe(
			`${id} map[MaximumRetryCount:0 Name:no]`,
		);
		expect(await engine.ok("inspect", "-f", "{{json .Config.Cmd}}{{.Config.Entrypoint}}", "web")).toBe(
			'["sleep","1000"][]',
		);
		expect(await engine.ok("inspect", "-f", "{{if .State.Health}}y{{else}}n{{end}}", "web")).toBe("n");
	});

	ours("-f json is one line", async () => {
		const line = await engine.ok("inspect", "-f", "json", "web");
		expect(line).not.toContain("\n");
		expect(JSON.parse(line)[0].Id).toBe(id);
	});

	ours("-f with a field that is not there exits 1, as docker says it", async () => {
		expect(await wrong("inspect", "-f", "{{.State.Nope}}", "web")).toEqual({
			code: 1,
			stdout: "\n",
			line: 'bunker: template parsing error: template: :1:8: executing "" at <.State.Nope>: map has no entry for key "Nope"',
		});
		expect((await wrong("inspect", "-f", "{{.constructor}}", "web")).code).toBe(1);
	});

	ours("-f that is no template exits 64, before anything is looked for", async () => {
		expect(await wrong("inspect", "-f", "{{.Id", "nosuch")).toEqual({
			code: 64,
			stdout: "",
			line: "bunker: template parsing error: template: :1: unclosed action",
		});
	});

	ours("-s counts what was written; of an image it is ignored with a warning", async () => {
		expect(await engine.ok("inspect", "-s", "-f", "{{.SizeRw}}", "gone")).toBe("6");
		const { SizeRootFs } = await one("inspect", "-s", "gone");
		expect(SizeRootFs).toBe((await one("inspect", IMAGE)).Size + 6);
		expect((await one("inspect", "gone")).SizeRw).toBeUndefined();
		expect(await wrong("inspect", "-s", IMAGE)).toMatchObject({ code: 0, line: "WARNING: --size ignored for image" });
	});

	ours("--type looks only there", async () => {
		await engine.ok("tag", IMAGE, "gone");
		expect((await one("inspect", "gone")).Name).toBe("/gone");
		expect((await one("inspect", "--type", "image", "gone")).RepoTags).toContain("gone:latest");
		expect((await one("inspect", "--type=container", "gone")).Name).toBe("/gone");
		expect(await wrong("inspect", "--type", "image", "web")).toEqual({
			code: 1,
			stdout: "[]\n",
			line: "bunker: No such image: web:latest",
		});
		expect((await wrong("inspect", "--type", "container", IMAGE)).line).toBe(`bunker: No such container: ${IMAGE}`);
		await engine.ok("rmi", "gone");
	});

	ours("--type of what bunker has not, or nobody, exits 1", async () => {
		expect((await wrong("inspect", "--type", "nosuch", "web")).line).toStartWith(
			'bunker: unknown type "nosuch": one of config,',
		);
		expect((await wrong("inspect", "--type", "", "web")).line).toStartWith("bunker: --type is empty");
		expect(await wrong("inspect", "--type", "plugin", "web")).toMatchObject({
			code: 1,
			line: "bunker: --type plugin: bunker has containers, images, networks and volumes only",
		});
	});

	ours("container inspect and image inspect look among their own", async () => {
		expect((await one("container", "inspect", "web")).Id).toBe(id);
		expect((await one("image", "inspect", IMAGE)).RepoTags).toEqual(["busybox:latest"]);
		expect(await wrong("container", "inspect", IMAGE)).toMatchObject({ code: 1, stdout: "[]\n" });
		expect(await wrong("image", "inspect", "web")).toMatchObject({ code: 1, stdout: "[]\n" });
		expect((await wrong("image", "inspect", "-s", IMAGE)).code).toBe(125);
		expect((await wrong("container", "inspect")).line).toBe(
			"bunker: 'bunker container inspect' requires at least 1 argument",
		);
	});

	ours("what is found is printed although something is not", async () => {
		const { code, stdout, stderr } = await engine.run("inspect", "nosuch", "web");
		expect([code, stderr]).toEqual([1, "bunker: No such object: nosuch\n"]);
		expect(JSON.parse(stdout).map((shown: { Id: string }) => shown.Id)).toEqual([id]);
		expect(await wrong("inspect", "-f", "{{.Id}}", "nosuch")).toMatchObject({ code: 1, stdout: "\n" });
	});
});
