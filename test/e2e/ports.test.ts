/** Ports as they are shown: `port`, PORTS of `ps`, the filters publish= and expose=. */

import { beforeAll, describe, expect, test } from "bun:test";
import { IMAGE, ready, TARGET, useEngine } from "./harness.ts";

describe.skipIf(!ready || TARGET === "podman")("ports", () => {
	const engine = useEngine("ports");

	const wrong = async (...words: string[]) => {
		const { code, stdout, stderr } = await engine.run(...words);
		return { code, stdout, line: stderr.split("\n")[0] };
	};
	const shown = async (name: string) => await engine.ok("ps", "-a", "-f", `name=^${name}$`, "--format", "{{.Ports}}");
	const found = async (...filters: string[]) => {
		const flags = filters.flatMap((filter) => ["-f", filter]);
		const names = await engine.ok("ps", "-a", ...flags, "--format", "{{.Names}}");
		return names.split("\n").filter(Boolean).sort();
	};

	beforeAll(async () => {
		const start = (name: string, ...flags: string[]) =>
			engine.ok("run", "-d", "--name", name, ...flags, IMAGE, "sleep", "1000");
		await start("web", "-p", "127.0.0.1:18080:80", "-p", "18053:53/udp", "-p", "127.0.0.1:19000-19002:19000-19002");
		await start("open", "--expose", "80", "--expose", "9000-9010/udp");
		await start("hidden", "--network", "none", "--expose", "80");
		await engine.ok("create", "--name", "waits", "-p", "18081:80", IMAGE, "true");
	});

	describe("port", () => {
		test("prints all, by the container's port", async () => {
			expect(await engine.ok("port", "web")).toBe(
				[
					"53/udp -> 0.0.0.0:18053",
					"53/udp -> [::]:18053",
					"80/tcp -> 127.0.0.1:18080",
					"19000/tcp -> 127.0.0.1:19000",
					"19001/tcp -> 127.0.0.1:19001",
					"19002/tcp -> 127.0.0.1:19002",
				].join("\n"),
			);
			expect(await engine.ok("container", "port", "web")).toContain("80/tcp -> 127.0.0.1:18080");
		});

		test("prints one, TCP unless said", async () => {
			expect(await engine.ok("port", "web", "80")).toBe("127.0.0.1:18080");
			expect(await engine.ok("port", "web", "80/tcp")).toBe("127.0.0.1:18080");
			expect(await engine.ok("port", "web", "53/udp")).toBe("0.0.0.0:18053\n[::]:18053");
		});

		test("prints nothing of one that publishes nothing, or does not run", async () => {
			expect(await engine.ok("port", "open")).toBe("");
			expect(await engine.ok("port", "hidden")).toBe("");
			expect(await engine.ok("port", "waits")).toBe("");
		});

		// docker/cli, container/port.go
		test("of what is not there exits 1 with docker's sentence", async () => {
			const failure = (line: string) => ({ code: 1, stdout: "", line: `bunker: ${line}` });
			expect(await wrong("port", "web", "53")).toEqual(failure("no public port '53' published for web"));
			expect(await wrong("port", "open", "80/tcp")).toEqual(failure("no public port '80/tcp' published for open"));
			expect(await wrong("port", "web", "http")).toEqual(failure("invalid port (http)"));
			expect(await wrong("port", "nosuch")).toEqual(failure("No such container: nosuch"));
			expect(await wrong("port")).toEqual(failure("'bunker port' requires at least 1 and at most 2 arguments"));
		});
	});

	test("-P publishes what is exposed, each at a port of its own, the same on IPv4 and IPv6", async () => {
		await engine.ok(
			"run",
			"-d",
			"--name",
			"all",
			"-P",
			"--expose",
			"80-81",
			"--expose",
			"53/udp",
			IMAGE,
			"sleep",
			"1000",
		);
		const lines = (await engine.ok("port", "all")).split("\n");
		const [, onHost] = /^53\/udp -> 0\.0\.0\.0:(\d+)$/.exec(lines[0] ?? "") ?? [];
		expect(lines[1]).toBe(`53/udp -> [::]:${onHost}`);
		expect(lines.map((line) => line.split(" ")[0])).toEqual([
			"53/udp",
			"53/udp",
			"80/tcp",
			"80/tcp",
			"81/tcp",
			"81/tcp",
		]);
		expect(await engine.ok("inspect", "-f", "{{.HostConfig.PublishAllPorts}}", "all")).toBe("true");
		await engine.ok("rm", "-f", "all");
	});

	describe("ps", () => {
		test("has them in docker's order, the same number on the host as a range", async () => {
			expect(await shown("web")).toBe(
				"127.0.0.1:19000-19002->19000-19002/tcp, 0.0.0.0:18053->53/udp, [::]:18053->53/udp, 127.0.0.1:18080->80/tcp",
			);
			expect(await engine.ok("ps")).toMatch(/127\.0\.0\.1:18080->80\/tcp +web$/m);
		});

		test("has ports that are exposed only; none of what does not run or has no network", async () => {
			expect(await shown("open")).toBe("80/tcp, 9000-9010/udp");
			expect(await shown("hidden")).toBe("");
			expect(await shown("waits")).toBe("");
		});

		test("has the networks, and finds by them", async () => {
			const id = await engine.ok("network", "inspect", "-f", "{{.Id}}", "bridge");
			expect(await engine.ok("ps", "-f", "name=web", "--format", "{{.Networks}}")).toBe("bridge");
			expect(await found("network=bridge")).toEqual(["open", "waits", "web"]);
			expect(await found(`network=${id.slice(0, 6)}`)).toEqual(["open", "waits", "web"]);
			expect(await found("network=none")).toEqual(["hidden"]);
			expect(await found("network=bridge", "network=none")).toHaveLength(4);
			expect(await found("network=bri")).toEqual([]);
		});

		// moby, daemon/list.go: publish is the host's port, expose the container's, either is enough
		test("finds by published and exposed ports", async () => {
			expect(await found("publish=18080")).toEqual(["web"]);
			expect(await found("publish=19001-19005/tcp")).toEqual(["web"]);
			expect(await found("publish=80")).toEqual([]);
			expect(await found("expose=80")).toEqual(["open", "web"]);
			expect(await found("expose=9005/udp")).toEqual(["open"]);
			expect(await found("expose=9005")).toEqual([]);
			expect(await found("publish=18080", "expose=9005/udp")).toEqual(["open", "web"]);
		});

		test("asks for the ports and networks of all containers with one query each, and one for who is on a bridge", async () => {
			const { stderr } = await engine.run("ps", "-a", "--format", "{{.Ports}} {{.Networks}}", {
				env: { BUNKER_TRACE: "store" },
			});
			const queries = (table: string) => stderr.split("\n").filter((line) => line.includes(`FROM ${table}`)).length;
			expect([queries("port"), queries("endpoint")]).toEqual([1, 2]);
		});
	});

	test("what is published or exposed is in the image that commit makes", async () => {
		await engine.ok("commit", "open", "opened");
		const exposed = await engine.ok("inspect", "-f", "{{json .Config.ExposedPorts}}", "opened");
		expect(Object.keys(JSON.parse(exposed))).toHaveLength(12);
		await engine.ok("rmi", "opened");
	});
});
