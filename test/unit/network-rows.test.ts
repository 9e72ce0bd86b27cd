/** Rows of containers' parts in networks: what is refused when they are made, names, and what listings read. */

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { Store } from "../../src/kernel/store.ts";
import { connect, memberships, published, renameEndpoints, settingsOf } from "../../src/network/network.ts";

const directories: string[] = [];
afterAll(() => {
	for (const directory of directories) rmSync(directory, { recursive: true });
});

let store: Store;
const WEB = "a".repeat(64);
const NET = "b".repeat(64);

beforeEach(() => {
	const root = mkdtempSync(`${tmpdir()}/bunker-rows-`);
	directories.push(root);
	store = Store.open({ root, runRoot: `${root}/run` });
	store.run("INSERT INTO container (id, name, command, created, options) VALUES (?, 'web', '[]', '', '{}')", WEB);
	store.run("INSERT INTO network VALUES (?, 'net', 'bridge', '', '{}')", NET);
	store.run("INSERT INTO subnet (network, cidr, gateway) VALUES (?, '10.20.80.0/24', '10.20.80.1')", NET);
});

const names = () =>
	store
		.all<{ name: string }>("SELECT name FROM endpoint_name WHERE network = ? ORDER BY name", NET)
		.map(({ name }) => name);

describe("a part in a network", () => {
	test.each<[object, string]>([
		[{ network: "nosuch" }, "network nosuch not found"],
		[{ network: "net", address: "10.20.81.2" }, "no configured subnet or ip-range contain the IP address 10.20.81.2"],
		[
			{ network: "net", address6: "fd00::2" },
			"user specified IP address is supported only when connecting to networks with user configured subnets: network net has none of IPv6",
		],
	])("%j is refused with 125", (options, message) => {
		expect(() => connect(store, WEB, options as never, 0, ["web"])).toThrow(
			expect.objectContaining({ message, exitCode: 125 }),
		);
		expect(memberships(store).size).toBe(0);
	});

	test("can be asked for once, by whatever name", () => {
		connect(store, WEB, { network: "net" }, 0, ["web"]);
		expect(() => connect(store, WEB, { network: NET.slice(0, 12) }, 1, ["web"])).toThrow(
			expect.objectContaining({ message: "endpoint with name web already exists in network net", exitCode: 125 }),
		);
	});

	test("is listed by container, in the order in which it was asked for", () => {
		connect(store, WEB, { network: "net", address: "10.20.80.5" }, 0, ["web"]);
		connect(store, WEB, { network: "bridge" }, 1, ["web"]);
		store.run("INSERT INTO port (protocol, address, port, container, target) VALUES ('tcp', '::', 8080, ?, 80)", WEB);
		expect(
			memberships(store)
				.get(WEB)
				?.map(({ name }) => name),
		).toEqual(["net", "bridge"]);
		expect(published(store).get(WEB)).toMatchObject([{ address: "::", port: 8080, target: 80 }]);
		expect(settingsOf(store, WEB)).toMatchObject([
			{ network: { name: "net" }, endpoint: { options: { address: "10.20.80.5" } }, addresses: [] },
			{ network: { name: "bridge" }, addresses: [] },
		]);
	});
});

describe("a renamed container", () => {
	test("is found by its new name, and by the old one no more", () => {
		connect(store, WEB, { network: "net", aliases: ["DB"] }, 0, ["web", "aaaaaaaaaaaa"]);
		connect(store, WEB, { network: "bridge" }, 1, ["web"]);
		renameEndpoints(store, WEB, "web", "Shop", []);
		expect(names()).toEqual(["aaaaaaaaaaaa", "db", "shop"]);
		expect(store.all("SELECT 1 FROM endpoint_name")).toHaveLength(3);
	});

	test("keeps its old name where that is an alias, or its host's", () => {
		connect(store, WEB, { network: "net", aliases: ["web"] }, 0, ["web"]);
		renameEndpoints(store, WEB, "web", "shop", []);
		renameEndpoints(store, WEB, "shop", "box", ["shop"]);
		expect(names()).toEqual(["box", "shop", "web"]);
	});
});
