/**
 * --format: Go templates on listings and on what prints one thing. What docker
 * prints for the same templates is in test/unit/template.test.ts; here is that
 * the verbs have docker's fields (shared/reference/ps.json, info.json,
 * version.json; docker/cli, cli/command/formatter) and exit codes.
 */

import { beforeAll, describe, expect, test } from "bun:test";
import { IMAGE, ours, ready, useEngine, withoutAges } from "./harness.ts";

const FIELDS = {
	ps: "Command CreatedAt ID Image Labels LocalVolumes Mounts Names Networks Platform Ports RunningFor Size State Status",
	images: "Containers CreatedAt CreatedSince Digest ID Repository SharedSize Size Tag UniqueSize VirtualSize",
	info: `ID Containers ContainersRunning ContainersPaused ContainersStopped Images Driver DriverStatus
Plugins MemoryLimit SwapLimit KernelMemoryTCP CpuCfsPeriod CpuCfsQuota CPUShares CPUSet
PidsLimit IPv4Forwarding Debug NFd OomKillDisable NGoroutines SystemTime LoggingDriver
CgroupDriver CgroupVersion NEventsListener KernelVersion OperatingSystem OSVersion OSType
Architecture IndexServerAddress RegistryConfig NCPU MemTotal GenericResources DockerRootDir
HttpProxy HttpsProxy NoProxy Name Labels ExperimentalBuild ServerVersion Runtimes
DefaultRuntime Swarm LiveRestoreEnabled Isolation InitBinary ContainerdCommit RuncCommit
InitCommit SecurityOptions FirewallBackend CDISpecDirs Containerd Warnings ClientInfo`,
};

describe.skipIf(!ready)("--format", () => {
	const engine = useEngine("format");
	let id = "";

	beforeAll(async () => {
		id = await engine.ok("run", "-d", "--name", "web", "-l", "team=a", "-v", "/tmp:/data", IMAGE, "sleep", "1000");
		await engine.run("run", "--name", "gone", IMAGE, "sh", "-c", "echo 12345 >/x; exit 3");
	});

	/** Runs what is wrong. @returns its exit code, its stdout and its first line on stderr */
	async function wrong(...words: string[]) {
		const { code, stdout, stderr } = await engine.run(...words);
		return { code, stdout, line: stderr.split("\n")[0] };
	}

	describe("of ps", () => {
		ours("a template is printed for each container, the newest first (podman: the oldest)", async () => {
			expect(await engine.ok("ps", "-a", "--format", "{{.Names}} {{.Image}}")).toBe(`gone ${IMAGE}\nweb ${IMAGE}`);
		});

		test("ids are cut, unless --no-trunc", async () => {
			expect(await engine.ok("ps", "--format", "{{.ID}}")).toBe(id.slice(0, 12));
			expect(await engine.ok("ps", "--no-trunc", "--format", "{{.ID}}")).toBe(id);
		});

		ours("table has docker's titles and columns", async () => {
			const lines = (
				await engine.ok("ps", "-a", "--format", 'table {{.ID}}\\t{{.Names}}\\t{{.State}}\\t{{.Label "team"}}')
			).split("\n");
			expect(lines[0]).toBe("CONTAINER ID   NAMES     STATE     team");
			expect(lines[2]).toBe(`${id.slice(0, 12)}   web       running   a`);
		});

		ours("table alone is the table without --format", async () => {
			const table = withoutAges(await engine.ok("ps", "-a"));
			expect(withoutAges(await engine.ok("ps", "-a", "--format", "table"))).toBe(table);
			expect(withoutAges(await engine.ok("ps", "-a", "--format", ""))).toBe(table);
		});

		ours("json has docker's fields, each container on a line", async () => {
			const lines = (await engine.ok("ps", "-a", "--format", "json")).split("\n").map((line) => JSON.parse(line));
			expect(lines.map((line) => Object.keys(line).join(" "))).toEqual([FIELDS.ps, FIELDS.ps]);
			expect(lines[1]).toMatchObject({
				Command: '"sleep 1000"',
				ID: id.slice(0, 12),
				Labels: "team=a",
				LocalVolumes: "0",
				Mounts: "/tmp",
				Names: "web",
				Networks: "bridge",
				Platform: null,
				Size: "0B",
				State: "running",
			});
			expect(lines[1].CreatedAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} \S+$/);
		});

		ours("a template that names the size gets it, -s adds the column", async () => {
			expect(await engine.ok("ps", "-a", "-f", "name=gone", "--format", "{{.Size}}")).toMatch(/^6B \(virtual \S+MB\)$/);
			expect(await engine.ok("ps", "-a", "-s")).toMatch(/NAMES +SIZE\n.* gone +6B \(virtual \S+MB\)\n/);
		});

		ours("raw is docker's block of lines", async () => {
			expect(await engine.ok("ps", "--format", "raw")).toMatch(
				new RegExp(
					`^container_id: ${id.slice(0, 12)}\nimage: ${IMAGE}\ncommand: "sleep 1000"\ncreated_at: .*\nstate: running\nstatus: Up .*\nnames: web\nlabels: team=a\nports:\n$`,
				),
			);
		});

		ours("-q wins over --format, with a warning", async () => {
			const { stdout, stderr } = await engine.run("ps", "-q", "--format", "{{.Names}}");
			expect([stdout, stderr]).toEqual([
				`${id.slice(0, 12)}\n`,
				"WARNING: Ignoring custom format, because both --format and --quiet are set.\n",
			]);
		});

		ours("an unknown field or function, or a template that is none, exits 1 and prints nothing", async () => {
			expect(await wrong("ps", "--format", "{{.Nope}}")).toEqual({
				code: 1,
				stdout: "",
				line: 'bunker: template parsing error: template: :1:2: executing "" at <.Nope>: can\'t evaluate field Nope in type container',
			});
			expect(await wrong("ps", "--format", "{{nope .ID}}")).toMatchObject({
				code: 1,
				line: 'bunker: template parsing error: template: :1: function "nope" not defined',
			});
			expect(await wrong("ps", "--format", "{{.ID")).toMatchObject({
				code: 1,
				line: "bunker: template parsing error: template: :1: unclosed action",
			});
			expect((await wrong("ps", "-f", "name=none", "--format", "{{.Nope}}")).code).toBe(1);
		});
	});

	describe("of images", () => {
		ours("a template and a table of the user's own", async () => {
			expect(await engine.ok("images", "--format", "{{.Repository}}:{{.Tag}}")).toBe("busybox:latest");
			expect(await engine.ok("images", "--format", "table {{.Repository}}\\t{{.Tag}}")).toBe(
				"REPOSITORY   TAG\nbusybox      latest",
			);
			expect(await engine.ok("images", "--digests", "--format", "table {{.Tag}}")).toBe(
				"TAG       DIGEST\nlatest    <none>",
			);
		});

		ours("json has docker's fields", async () => {
			const line = JSON.parse(await engine.ok("images", "--format", "json"));
			expect(Object.keys(line).join(" ")).toBe(FIELDS.images);
			expect(line).toMatchObject({ Repository: "busybox", Tag: "latest", Digest: "<none>", Containers: "N/A" });
		});

		ours("raw, and --format wins over -q", async () => {
			expect(await engine.ok("images", "--format", "raw")).toMatch(
				/^repository: busybox\ntag: latest\nimage_id: [0-9a-f]{12}\ncreated_at: .*\nvirtual_size: .*MB\n$/,
			);
			expect(await engine.ok("images", "-q", "--format", "x")).toBe("x");
		});

		ours("an unknown field exits 1, --tree is refused by name", async () => {
			expect((await wrong("images", "--format", "{{.Nope}}")).code).toBe(1);
			expect(await wrong("images", "--tree")).toMatchObject({
				code: 125,
				line: "bunker: --tree is not supported (docker has it as an experiment)",
			});
		});
	});

	describe("of version and info", () => {
		ours("version has docker's shape: client and server, both this executable", async () => {
			const [version, json] = [
				await engine.ok("version", "-f", "{{.Client.Version}}"),
				await engine.ok("version", "--format", "json"),
			];
			expect(await engine.ok("version", "--format", "{{.Server.Version}} {{.Server.Os}}")).toBe(`${version} linux`);
			expect(Object.keys(JSON.parse(json))).toEqual(["Client", "Server"]);
			expect(JSON.parse(json).Server.Components[0]).toMatchObject({ Name: "Engine", Version: version });
			expect(await engine.ok("version", "-f", "{{json .}}")).toBe(json);
		});

		ours("info has docker's fields, and says that there is no seccomp", async () => {
			const info = JSON.parse(await engine.ok("info", "--format", "{{json .}}"));
			expect(info).toMatchObject({
				Containers: 2,
				ContainersRunning: 1,
				ContainersStopped: 1,
				Images: 1,
				OSType: "linux",
			});
			// None of docker's is missing but those of parts that bunker has not: a firewall, and containerd.
			const lacking = FIELDS.info.split(/\s/).filter((field) => !Object.hasOwn(info, field));
			expect(lacking).toEqual(["FirewallBackend", "Containerd"]);
			expect(info.DriverStatus[0]).toEqual(["Backing Filesystem", expect.stringMatching(/^\w+$/)]);
			expect(info.ID).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
			expect(await engine.ok("info", "-f", "{{.ID}}")).toBe(info.ID);
			expect(info.SecurityOptions).toEqual(["name=cgroupns"]);
			expect(info.Warnings[0]).toContain("seccomp");
			expect(info.DockerRootDir).toBe(engine.root);
			expect(await engine.ok("info", "-f", "{{.Driver}} {{.Swarm.LocalNodeState}} {{.CPUCfsQuota}}")).toMatch(
				/^overlay2 inactive (true|false)$/,
			);
			expect(JSON.parse(await engine.ok("info", "-f", "json"))).toMatchObject({ Images: 1 });
		});

		ours("info prints every key of the configuration", async () => {
			const info = await engine.ok("info");
			for (const key of ["root", "run-root", "log-driver", "log-opts", "detach-keys", "default-ulimits", "dns"])
				expect(info).toContain(`\n ${key}: `);
		});

		ours("a template that is none exits 64, an unknown field 1, as docker's client does", async () => {
			for (const verb of ["version", "info"]) {
				expect(await wrong(verb, "-f", "{{")).toMatchObject({ code: 64, stdout: "" });
				expect(await wrong(verb, "-f", "{{.Nope}}")).toMatchObject({ code: 1, stdout: "" });
			}
		});
	});
});
