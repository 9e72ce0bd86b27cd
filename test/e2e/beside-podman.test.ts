/** Published ports beside podman's, whoever of the two starts first: netavark's rules are iptables', and everywhere. */

import { afterEach, describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, ready, TARGET, until, useEngine } from "./harness.ts";
import { HOST, HOST6, OUTSIDE, Outside, onHost, Place } from "./outside.ts";
import { Podman } from "./podman.ts";

const able = ready && TARGET === "bunker" && requires("outside", "podman", "netavark", "runc", "curl", "nft");

describe.skipIf(!able)("beside podman", () => {
	const engine = useEngine("beside-podman");
	const httpd = [IMAGE, "httpd", "-f", "-p", "80", "-h", "/bin"];
	afterEach(async () => {
		await engine.removeAll();
		// What a host that has just booted has not: podman's bridge and chains stay otherwise.
		Bun.spawnSync(["ip", "link", "delete", "podman0"]);
		onHost("nft flush ruleset");
	});

	const status = (address: string, port: number) =>
		`curl -s -g -m 5 -o /dev/null -w %{http_code} http://${address}:${port}/sh`.split(" ");

	for (const order of [
		["bunker", "podman"],
		["podman", "bunker"],
	])
		test(`both publish a port where ${order[0]} starts first, and go on when the other's container ends`, async () => {
			await using podman = await Podman.open(engine.scratch());
			await using outside = await Outside.open();
			const start: Record<string, () => unknown> = {
				bunker: () => engine.ok("run", "-d", "--name", "web", "-p", "8080:80", ...httpd),
				podman: () => podman.ok("run", "-d", "--name", "web", "-p", "9090:80", ...httpd),
			};
			for (const name of order) await start[name]?.();
			const pids = [await engine.ok("inspect", "-f", "{{.State.Pid}}", "web")];
			pids.push(podman.ok("inspect", "-f", "{{.State.Pid}}", "web"));
			const [ours, theirs] = pids.map((pid) => new Place(Number(pid))) as [Place, Place];
			await until("both listen", () => ours.listens(80) && theirs.listens(80));
			const host = new Place(process.pid);
			const answered = async (from: Place, address: string, port: number) =>
				(await from.run(...status(address, port))).stdout;

			for (const address of [HOST, `[${HOST6}]`]) expect(await answered(outside, address, 8080)).toBe("200");
			expect(await answered(outside, HOST, 9090)).toBe("200");
			for (const port of [8080, 9090]) expect([port, await answered(host, "127.0.0.1", port)]).toEqual([port, "200"]);
			expect(await answered(theirs, HOST, 8080)).toBe("200");
			expect(await answered(ours, HOST, 9090)).toBe("200");

			await outside.tellClients(8000);
			for (const place of [ours, theirs])
				expect(await place.ok("curl", "-s", "-m", "5", `http://${OUTSIDE}:8000/`)).toBe(HOST);
			// Theirs are the outside to us: nothing enters that was not published.
			const address = (await engine.ok("exec", "web", "hostname", "-i")).split(" ")[0] as string;
			expect((await theirs.run(...status(address, 80))).stdout).toBe("000");

			const [first, second] = order;
			if (first === "bunker") podman.ok("rm", "-f", "-t", "0", "web");
			else await engine.ok("rm", "-f", "web");
			await engine.ok("run", "--rm", IMAGE, "true");
			expect(await answered(outside, HOST, first === "bunker" ? 8080 : 9090)).toBe("200");
			expect(await answered(outside, HOST, second === "bunker" ? 8080 : 9090)).toBe("000");
			await Promise.all([ours, theirs, host].map((place) => place.close()));
		});
});
