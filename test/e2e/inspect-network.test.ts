/** What `inspect` says of a container's networks (shapes: test/reference/inspect-container.json, recorded from docker 28). */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import reference from "../reference/inspect-container.json";
import { IMAGE, ready, TARGET, useEngine } from "./harness.ts";

describe.skipIf(!ready || TARGET === "podman")("inspect of networks", () => {
	const engine = useEngine("inspect-network");
	const ids: Record<string, string> = {};

	beforeAll(async () => {
		await engine.ok("network", "create", "--subnet", "10.20.80.0/24", "--ipv6", "--subnet", "fd00:20:80::/64", "net");
		await engine.ok("network", "create", "--subnet", "10.20.82.0/24", "--internal", "closed");
		for (const name of ["bridge", "net", "none", "host"])
			ids[name] = await engine.ok("network", "inspect", "-f", "{{.Id}}", name);
	});

	afterAll(async () => {
		await engine.run("rm", "-f", "web");
	});

	const run = (...flags: string[]) => engine.ok("run", "-d", "--name", "web", ...flags, IMAGE, "sleep", "1000");
	const one = async (name = "web") => JSON.parse(await engine.ok("inspect", name))[0];
	const remove = () => engine.ok("rm", "-f", "web");

	test("on the default network it says everything twice, as docker does", async () => {
		await run("--mac-address", "92:d0:c6:0a:29:33");
		const { NetworkSettings, Config, HostConfig } = await one();
		const { bridge } = NetworkSettings.Networks;
		const docker = reference[0]?.NetworkSettings.Networks.bridge ?? {};
		expect(Object.keys(bridge)).toEqual(Object.keys(docker));
		expect(bridge).toMatchObject({
			IPAMConfig: null,
			Links: null,
			Aliases: null,
			MacAddress: "92:d0:c6:0a:29:33",
			DriverOpts: null,
			GwPriority: 0,
			NetworkID: ids.bridge,
			DNSNames: null,
		});
		expect(bridge.EndpointID).toMatch(/^[0-9a-f]{64}$/);
		const { EndpointID, Gateway, IPAddress, IPPrefixLen, MacAddress } = NetworkSettings;
		expect(bridge).toMatchObject({ EndpointID, Gateway, IPAddress, IPPrefixLen, MacAddress });
		expect(await engine.ok("exec", "web", "ip", "-o", "addr", "show", "eth0")).toContain(
			`${IPAddress}/${IPPrefixLen} `,
		);
		expect(await engine.ok("exec", "web", "ip", "route")).toContain(`default via ${Gateway} `);
		expect([Config.MacAddress, HostConfig.NetworkMode]).toEqual(["92:d0:c6:0a:29:33", "bridge"]);
		await remove();
	});

	test("on a user's network it shows what was asked for, and what it got", async () => {
		const asked = "name=net,alias=db,alias=store,ip=10.20.80.9,gw-priority=3,driver-opt=a=b";
		await run("-h", "box", "--network", asked, "--ip6", "fd00:20:80::9");
		const { NetworkSettings, HostConfig } = await one();
		expect(NetworkSettings).toMatchObject({ IPAddress: "", EndpointID: "", Gateway: "", MacAddress: "" });
		expect(Object.keys(NetworkSettings.Networks)).toEqual(["net"]);
		expect(NetworkSettings.Networks.net).toMatchObject({
			IPAMConfig: { IPv4Address: "10.20.80.9", IPv6Address: "fd00:20:80::9" },
			Aliases: ["db", "store"],
			DriverOpts: { a: "b" },
			GwPriority: 3,
			NetworkID: ids.net,
			Gateway: "10.20.80.1",
			IPAddress: "10.20.80.9",
			IPPrefixLen: 24,
			IPv6Gateway: "fd00:20:80::1",
			GlobalIPv6Address: "fd00:20:80::9",
			GlobalIPv6PrefixLen: 64,
			DNSNames: ["web", "db", "store", expect.stringMatching(/^[0-9a-f]{12}$/), "box"],
		});
		expect(HostConfig.NetworkMode).toBe("net");
		await remove();
	});

	test("links are shown by name: of the default network in HostConfig, of a user's in its own part", async () => {
		await engine.ok("run", "-d", "--name", "other", "--network", "net", IMAGE, "sleep", "1000");
		await run("--network", "net", "--link", "other:db");
		const links = () =>
			engine.ok(
				"inspect",
				"-f",
				"{{json .HostConfig.Links}} {{range .NetworkSettings.Networks}}{{json .Links}}{{end}}",
				"web",
			);
		expect(await links()).toBe('null ["other:db"]');
		await engine.ok("rm", "-f", "web", "other");
		await engine.ok("run", "-d", "--name", "other", IMAGE, "sleep", "1000");
		await run("--link", "other");
		await engine.ok("rename", "other", "renamed");
		expect(await links()).toBe('["/renamed:/web/other"] null');
		await engine.ok("rm", "-f", "web", "renamed");
	});

	test("an internal network is no way out: there is no gateway", async () => {
		await run("--network", "closed");
		expect((await one()).NetworkSettings.Networks.closed).toMatchObject({ Gateway: "", IPAddress: "10.20.82.2" });
		await remove();
	});

	test("one that has ended has given its addresses back, and keeps what it asked for", async () => {
		await run("--network", "name=net,ip=10.20.80.9", "--network", "closed");
		await engine.ok("kill", "web");
		await engine.ok("wait", "web");
		const { NetworkSettings } = await one();
		expect(Object.keys(NetworkSettings.Networks)).toEqual(["closed", "net"]);
		expect(NetworkSettings.Networks.net).toMatchObject({
			IPAMConfig: { IPv4Address: "10.20.80.9" },
			NetworkID: ids.net,
			EndpointID: "",
			IPAddress: "",
			IPPrefixLen: 0,
			Gateway: "",
			MacAddress: "",
		});
		expect([NetworkSettings.SandboxKey, NetworkSettings.Ports]).toEqual(["", {}]);
		await remove();
	});

	test("host and none are networks without an address; who shares another's has none", async () => {
		for (const network of ["host", "none"]) {
			await run("--network", network);
			const { NetworkSettings } = await one();
			expect(Object.keys(NetworkSettings.Networks)).toEqual([network]);
			expect(NetworkSettings.Networks[network]).toMatchObject({ NetworkID: ids[network], IPAddress: "" });
			await remove();
		}
		await run();
		const id = await engine.ok("run", "-d", "--network", "container:web", IMAGE, "sleep", "1000");
		const { NetworkSettings, HostConfig } = await one(id);
		expect(NetworkSettings.Networks).toEqual({});
		expect(HostConfig.NetworkMode).toBe(`container:${await engine.ok("inspect", "-f", "{{.Id}}", "web")}`);
		await engine.ok("rm", "-f", id);
		await remove();
	});

	test("HostConfig and Config have the flags", async () => {
		const names = ["--dns", "192.0.2.53", "--dns-search", "example.com", "--dns-opt", "ndots:2"];
		const ports = ["-p", "[::1]:8000-8010:80", "-p", "127.0.0.1::443/udp", "--expose", "9000"];
		const flags = [...names, ...ports, "--add-host", "one:192.0.2.1"];
		await engine.ok("create", "--name", "web", ...flags, IMAGE, "true");
		const { HostConfig, Config } = await one();
		expect(HostConfig).toMatchObject({
			PortBindings: {
				"443/udp": [{ HostIp: "127.0.0.1", HostPort: "" }],
				"80/tcp": [{ HostIp: "::1", HostPort: "8000-8010" }],
			},
			PublishAllPorts: false,
			Dns: ["192.0.2.53"],
			DnsOptions: ["ndots:2"],
			DnsSearch: ["example.com"],
			ExtraHosts: ["one:192.0.2.1"],
			Links: null,
		});
		expect(Object.keys(Config.ExposedPorts)).toEqual(["443/udp", "80/tcp", "9000/tcp"]);
		await remove();
	});

	test("templates see docker's types", async () => {
		await run("--network", "name=net,ip=10.20.80.9");
		const print = (format: string) => engine.ok("inspect", "-f", format, "web");
		expect(await print("{{range $name, $one := .NetworkSettings.Networks}}{{$name}} {{$one.IPAddress}}{{end}}")).toBe(
			"net 10.20.80.9",
		);
		expect(await print("{{.NetworkSettings.Networks.net.IPAMConfig.IPv4Address}}")).toBe("10.20.80.9");
		await remove();
	});
});
