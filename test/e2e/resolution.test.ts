/**
 * /etc/hosts and /etc/resolv.conf in containers (docker 28's rules: moby,
 * libnetwork/etchosts and libnetwork/internal/resolvconf). What the host's own
 * files say is given by the test, in a mount namespace of its own.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { requires } from "../requires.ts";
import { IMAGE, ours, ready, useEngine } from "./harness.ts";

const engine = useEngine("resolution");

/** Runs a command on a host with these files; what is below /run is there alone. */
function onHostWith(files: Record<string, string>, ...words: string[]): string {
	const scratch = engine.scratch();
	const lines = Object.entries(files).map(([path, text], index) => {
		writeFileSync(`${scratch}/${index}`, text);
		const place = path.startsWith("/run/") ? `mkdir -p $(dirname ${path}) && touch ${path} && ` : "";
		return `${place}mount --bind ${scratch}/${index} ${path}`;
	});
	const script = ["set -e", "mount -t tmpfs tmpfs /run", ...lines, 'exec "$@"'].join("\n");
	const { exitCode, stdout, stderr } = Bun.spawnSync(
		["unshare", "--mount", "sh", "-c", script, "sh", ...engine.command, ...words],
		{ env: engine.environment },
	);
	if (exitCode !== 0) throw new Error(`${words.join(" ")}: exit ${exitCode}: ${stderr}`);
	return stdout.toString();
}

const resolvers = (text: string) => text.split("\n").filter((line) => !line.startsWith("#") && line !== "");
const show = (...flags: string[]) => ["run", "--rm", ...flags, IMAGE, "cat", "/etc/resolv.conf"];

describe.skipIf(!ready || !requires("unshare"))("the files of /etc", () => {
	ours("resolv.conf on the default network is the host's, without servers of its loopback", () => {
		const host = "nameserver 127.0.0.1\nnameserver 192.0.2.53\nsearch corp.example\noptions edns0\n";
		expect(resolvers(onHostWith({ "/etc/resolv.conf": host }, ...show()))).toEqual([
			"nameserver 192.0.2.53",
			"search corp.example",
			"options edns0",
		]);
	});

	ours("of systemd-resolved's stub the servers behind it are taken", () => {
		const files = {
			"/etc/resolv.conf": "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch stub.example\n",
			"/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch real.example\n",
		};
		const text = onHostWith(files, ...show());
		expect(resolvers(text)).toEqual(["nameserver 192.0.2.1", "nameserver 192.0.2.2", "search real.example"]);
		expect(text).toContain("# Based on host file: '/run/systemd/resolve/resolv.conf' (legacy)\n");
		// With the host's network the stub is reached.
		expect(resolvers(onHostWith(files, ...show("--network", "host")))[0]).toBe("nameserver 127.0.0.53");
	});

	ours("where the host has no server that could be asked there are docker's public ones", () => {
		const text = onHostWith({ "/etc/resolv.conf": "nameserver ::1\n" }, ...show());
		expect(resolvers(text)).toEqual(["nameserver 8.8.8.8", "nameserver 8.8.4.4"]);
		expect(text).toContain("# Used default nameservers.\n");
	});

	ours("/etc/hosts ends with the container's address and names", async () => {
		const flags = ["--hostname", "box.example.org", "--add-host", "db:192.0.2.9"];
		const script = "cat /etc/hosts; hostname -i";
		const lines = (await engine.ok("run", "--rm", ...flags, IMAGE, "sh", "-c", script)).split("\n");
		expect(lines.at(-3)).toBe("192.0.2.9\tdb");
		expect(lines.at(-2)).toMatch(/^\d+\.\d+\.\d+\.\d+\tbox\.example\.org box$/);
		expect(lines.at(-1)).toBe(lines.at(-2)?.split("\t")[0] as string);
	});

	ours("--add-host NAME:host-gateway is the default network's gateway, and the host answers there", async () => {
		const out = await engine.ok(
			...["run", "--rm", "--add-host", "up:host-gateway", IMAGE, "sh", "-c"],
			"grep up$ /etc/hosts; ip route; ping -c1 -W2 up",
		);
		const gateway = /default via (\S+)/.exec(out)?.[1] as string;
		expect(out).toStartWith(`${gateway}\tup\n`);
		expect(out).toContain("1 packets received");
	});

	ours("--network host has the host's file; with --add-host it has not, as docker's", () => {
		const files = { "/etc/hosts": "192.0.2.77 known\n" };
		const hosts = (...flags: string[]) =>
			onHostWith(files, "run", "--rm", "--network", "host", ...flags, IMAGE, "cat", "/etc/hosts");
		expect(hosts()).toBe("192.0.2.77 known\n");
		const added = hosts("--add-host", "db:192.0.2.9");
		expect(added).not.toContain("known");
		expect(added).toEndWith("192.0.2.9\tdb\n");
	});

	ours("--network none has the loopback's names alone", async () => {
		const lines = (await engine.ok("run", "--rm", "--network", "none", IMAGE, "cat", "/etc/hosts")).split("\n");
		expect(lines).toHaveLength(6);
	});

	ours("without IPv6 there is no line of it", async () => {
		const flags = ["--sysctl", "net.ipv6.conf.all.disable_ipv6=1"];
		const out = await engine.ok("run", "--rm", "--network", "none", ...flags, IMAGE, "cat", "/etc/hosts");
		expect(out).toBe("127.0.0.1\tlocalhost");
	});

	ours("a network that is joined later adds its line and our resolver; when it is left the line goes", async () => {
		await engine.ok("network", "create", "late");
		await engine.ok("run", "-d", "--name", "joins", "-h", "box", IMAGE, "sleep", "1000");
		const hosts = async () => (await engine.ok("exec", "joins", "cat", "/etc/hosts")).split("\n");
		const servers = () => engine.ok("exec", "joins", "grep", "^nameserver", "/etc/resolv.conf");
		const before = await hosts();
		expect(await servers()).not.toContain("127.0.0.11");
		await engine.ok("network", "connect", "late", "joins");
		const after = await hosts();
		expect(after.slice(0, -1)).toEqual(before);
		expect(after.at(-1)).toMatch(/^[\d.]+\tbox$/);
		expect(await servers()).toBe("nameserver 127.0.0.11");
		await engine.ok("network", "disconnect", "late", "joins");
		expect(await hosts()).toEqual(before);
		await engine.removeAll();
		await engine.ok("network", "rm", "late");
	});

	ours("resolv.conf that was edited stays as it is when a network is joined", async () => {
		await engine.ok("network", "create", "late");
		await engine.ok("run", "-d", "--name", "edits", IMAGE, "sleep", "1000");
		await engine.ok("exec", "edits", "sh", "-c", "echo nameserver 192.0.2.99 > /etc/resolv.conf");
		await engine.ok("network", "connect", "late", "edits");
		expect(await engine.ok("exec", "edits", "cat", "/etc/resolv.conf")).toBe("nameserver 192.0.2.99");
		await engine.removeAll();
		await engine.ok("network", "rm", "late");
	});

	test("they are made anew at each start", async () => {
		await engine.ok(
			"run",
			"--name",
			"again",
			IMAGE,
			"sh",
			"-c",
			"cat /etc/resolv.conf; echo nameserver 192.0.2.99 >>/etc/resolv.conf",
		);
		const before = await engine.ok("logs", "again");
		expect(await engine.ok("start", "-a", "again")).toBe(before);
		expect(readFileSync("/etc/resolv.conf", "utf8")).not.toContain("192.0.2.99");
		await engine.ok("rm", "again");
	});
});
