/** Who is called what, as the rows say. */

import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { Store } from "../../src/kernel/store.ts";
import { hasWayOut, linked, named, ownerOf, servedBy } from "../../src/names/lookup.ts";
import { connect, renameEndpoints } from "../../src/network/rows.ts";

const root = mkdtempSync(`${tmpdir()}/bunker-names-`);
afterAll(() => rmSync(root, { recursive: true }));
const store = Store.open({ root, runRoot: `${root}/run` });

function network(name: string, subnet: string, options = {}): void {
	store.run("INSERT INTO network VALUES (?, ?, 'bridge', '', ?)", `id-${name}`, name, JSON.stringify(options));
	store.run("INSERT INTO subnet (network, cidr) VALUES (?, ?)", `id-${name}`, subnet);
}

/** A container that runs: network → its address there; "" for one that has none. */
function container(name: string, on: Record<string, string>, options: object = {}): void {
	store.run(
		"INSERT INTO container (id, name, command, created, options) VALUES (?, ?, '[]', '', '{}')",
		`id-${name}`,
		name,
	);
	Object.entries(on).forEach(([to, address], position) => {
		connect(store, `id-${name}`, { network: to, ...options }, position, [name]);
		store.run("UPDATE endpoint SET id = ? WHERE container = ? AND network = ?", `ep-${name}`, `id-${name}`, `id-${to}`);
		if (address !== "")
			store.run(
				"INSERT INTO address SELECT id, ?, ?, network FROM subnet WHERE network = ?",
				address,
				`id-${name}`,
				`id-${to}`,
			);
	});
}

network("one", "10.1.0.0/24");
network("two", "10.2.0.0/24");
network("a.dotted.name", "10.3.0.0/24");
network("inner", "10.4.0.0/24", { internal: true });
container("Web", { one: "10.1.0.2", two: "10.2.0.2" }, { aliases: ["pool", "Shop.example"] });
container("db", { two: "10.2.0.3", "a.dotted.name": "10.3.0.3" }, { aliases: ["pool"] });
container("client", { one: "10.1.0.4", two: "10.2.0.4" }, { links: ["db:Store", "Web"] });
container("bare", { one: "" });
container("lonely", { inner: "10.4.0.2" });

const addresses = (asking: string, name: string) =>
	named(store, `id-${asking}`, name)
		.map(({ address }) => address)
		.sort();

describe("a name", () => {
	test("is a container's, or its alias, on the first network of the asking one where it is known", () => {
		expect(addresses("client", "web")).toEqual(["10.1.0.2"]);
		expect(addresses("client", "db")).toEqual(["10.2.0.3"]);
		expect(addresses("client", "shop.example")).toEqual(["10.1.0.2"]);
		expect(addresses("db", "pool")).toEqual(["10.2.0.2", "10.2.0.3"]);
	});

	test("with the name of a network is one there, dots and capital letters in either included", () => {
		expect(addresses("client", "web.two")).toEqual(["10.2.0.2"]);
		expect(addresses("client", "pool.two")).toEqual(["10.2.0.2", "10.2.0.3"]);
		expect(addresses("client", "shop.example.two")).toEqual(["10.2.0.2"]);
		expect(addresses("db", "db.a.dotted.name")).toEqual(["10.3.0.3"]);
	});

	test("of a network that the asking container is not on is unknown", () => {
		expect(addresses("client", "lonely")).toEqual([]);
		expect(addresses("client", "db.a.dotted.name")).toEqual([]);
		expect(addresses("lonely", "web")).toEqual([]);
	});

	test("is known though it has no address", () => {
		expect(named(store, "id-client", "bare")).toMatchObject([{ container: "id-bare", address: null }]);
	});

	test("is unknown once the container runs no more", () => {
		container("gone", { one: "10.1.0.9" });
		expect(addresses("client", "gone")).toEqual(["10.1.0.9"]);
		store.run("UPDATE endpoint SET id = NULL WHERE container = 'id-gone'");
		expect(addresses("client", "gone")).toEqual([]);
	});

	test("changes with the container's, aliases stay", () => {
		container("before", { one: "10.1.0.10" }, { aliases: ["constant"] });
		renameEndpoints(store, "id-before", "before", "After", []);
		expect(addresses("client", "before")).toEqual([]);
		expect(addresses("client", "after")).toEqual(["10.1.0.10"]);
		expect(addresses("client", "constant")).toEqual(["10.1.0.10"]);
	});

	test("that a container gives another with --link is for itself alone", () => {
		expect(linked(store, "id-client", "store")).toBe("db");
		expect(linked(store, "id-client", "web")).toBe("web");
		expect(linked(store, "id-db", "store")).toBeUndefined();
	});
});

describe("an address", () => {
	test("is somebody's on a network of the asking container", () => {
		expect(ownerOf(store, "id-client", "10.2.0.3")).toMatchObject({ container: "id-db", network: "two" });
		expect(ownerOf(store, "id-client", "10.3.0.3")).toBeFalsy();
	});
});

describe("a container", () => {
	test("on internal networks only has no way out", () => {
		expect(hasWayOut(store, "id-lonely")).toBe(false);
		expect(hasWayOut(store, "id-client")).toBe(true);
	});

	test("is served by the resolver of its first network that is not the default one", () => {
		store.run("INSERT INTO subnet (network, cidr) SELECT id, '10.9.0.0/24' FROM network WHERE name = 'bridge'");
		container("both", {}, {});
		connect(store, "id-both", { network: "bridge" }, 0, ["both"]);
		connect(store, "id-both", { network: "two" }, 1, ["both"]);
		store.run("UPDATE endpoint SET id = 'ep' WHERE container = 'id-both'");
		expect(servedBy(store, "id-two").sort()).toEqual(["id-both", "id-db"]);
		expect(servedBy(store, "id-one")).toContain("id-client");
	});
});
