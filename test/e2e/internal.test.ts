/**
 * What a container of an internal network may ask of the host: services at the
 * gateway's addresses, as with docker 28 (moby, TestInternalNwConnectivity), and
 * no published port, whichever way it would be reached.
 */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { requires } from "../requires.ts";
import { IMAGE, ready, until, useEngine } from "./harness.ts";
import { onHost, Place } from "./outside.ts";

describe.skipIf(!(ready && requires("outside", "curl", "nft")))("a container of an internal network", () => {
	const host = new Place(process.pid);
	const places: Place[] = [];
	// Before the engine's own, which looks for what is left.
	afterAll(() => Promise.all([host, ...places].map((place) => place.close())));
	const engine = useEngine("internal");
	let inner: Place;
	let other: Place;
	/** the gateway's addresses on the internal network, and on the other */
	let innerGateways: string[] = [];
	let otherGateways: string[] = [];

	const placeOf = async (name: string) => {
		const place = new Place(Number(await engine.ok("inspect", "-f", "{{.State.Pid}}", name)));
		places.push(place);
		return place;
	};
	const gatewaysOf = (bridge: string) =>
		[...onHost(`ip -o address show dev ${bridge}`).matchAll(/inet6? (\S+)\//g)].map(([, address]) => {
			const text = address as string;
			return text.startsWith("fe80") ? `[${text}%25eth0]` : text.includes(":") ? `[${text}]` : text;
		});
	const fetched = async (from: Place, address: string, port: number, seconds = "5") =>
		(await from.run("curl", "-s", "-g", "--max-time", seconds, `http://${address}:${port}/`)).stdout;
	/** At which of these somebody answers. What is dropped is not answered. */
	const answering = async (from: Place, addresses: string[], port: number) => {
		const answers = await Promise.all(addresses.map((address) => fetched(from, address, port, "1")));
		return addresses.filter((_, at) => answers[at] !== "");
	};

	beforeAll(async () => {
		const named = (name: string) => ["-o", `com.docker.network.bridge.name=${name}`];
		await engine.ok("network", "create", "--internal", "--ipv6", ...named("inner0"), "inner");
		await engine.ok("network", "create", "--ipv6", ...named("other0"), "other");
		for (const network of ["inner", "other"])
			await engine.ok("run", "-d", "--name", network, "--network", network, IMAGE, "sleep", "1000");
		inner = await placeOf("inner");
		other = await placeOf("other");
		const carries = async (place: Place, bridge: string) =>
			(await answering(place, gatewaysOf(bridge), 8000)).length === 3;
		const server = await host.tellClients(8000);
		await until("both carry IPv6, link-local addresses too", async () => {
			return (await carries(inner, "inner0")) && (await carries(other, "other0"));
		});
		server.kill("SIGKILL");
		innerGateways = gatewaysOf("inner0");
		otherGateways = gatewaysOf("other0");
		// The container has no IPv6: what comes so is copied.
		await engine.ok("run", "-d", "--name", "web", "-p", "8080:80", "-p", "5300:53/udp", IMAGE, "sleep", "1000");
		const web = await placeOf("web");
		await web.tellClients(80);
		await web.tellClients(53, "udp");
	});
	// The firewall is whole again.
	afterEach(async () => {
		await engine.ok("run", "--rm", IMAGE, "true");
	});

	test("asks a service of the host's at the gateway's addresses", async () => {
		await host.tellClients(8001);
		for (const address of innerGateways)
			expect([address, await fetched(inner, address, 8001)]).not.toEqual([address, ""]);
	});

	test("reaches no port that another network's container publishes, by IPv4 or IPv6, and others do", async () => {
		expect(await answering(inner, innerGateways, 8080)).toEqual([]);
		expect(await answering(other, otherGateways, 8080)).toEqual(otherGateways);
	});

	test("nor one of UDP", async () => {
		const ask = (address: string) => [
			process.execPath,
			"test/e2e/datagram.ts",
			address.replace(/^\[|\]$/g, ""),
			"5300",
		];
		const plain = (addresses: string[]) => addresses.filter((address) => !address.includes("%"));
		for (const address of plain(innerGateways))
			expect([address, (await inner.run(...ask(address))).code]).toEqual([address, 1]);
		for (const address of plain(otherGateways))
			expect([address, (await other.run(...ask(address))).code]).toEqual([address, 0]);
	});

	test("nor while the port is held already, and leads nowhere yet", async () => {
		const table = /inet bunker-\w+/.exec(onHost("nft list tables"))?.[0];
		onHost(`nft delete element ${table} published4 { tcp . 8080 }`);
		expect(await answering(inner, innerGateways, 8080)).toEqual([]);
		expect(await answering(other, otherGateways, 8080)).toEqual(otherGateways);
	});
});
