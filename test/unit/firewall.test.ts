/**
 * The firewall's messages beside those that Debian's nft sends for the same
 * text (golden/firewall-*, made by test/capture-nft.ts): the same bytes but for
 * sequence numbers, which are a player's, and the batch's frame.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { NLM_F_REQUEST } from "../../ffi/netlink.ts";
import type { Message } from "../../src/kernel/netlink.ts";
import { dockerMessages } from "../../src/network/docker-user.ts";
import {
	addElement,
	deleteElement,
	type Element,
	networkElements,
	type Published,
	portElement,
	strangerElement,
} from "../../src/network/elements.ts";
import { advice } from "../../src/network/others.ts";
import { removeTable, tableMessages } from "../../src/network/ruleset.ts";
import type { Network } from "../../src/network/table.ts";

const lineOf = ({ type, flags, body }: Message) =>
	`${type.toString(16)} ${(flags | NLM_F_REQUEST).toString(16)} ${body.toHex()}`;

/** What nft has sent, without the batch's begin and end. */
function golden(name: string): string[] {
	const lines = readFileSync(`${import.meta.dir}/golden/firewall-${name}.txt`, "utf8")
		.trimEnd()
		.split("\n");
	return lines.filter((line) => !/^(#|10 |11 )/.test(line));
}

const network = (options: Network["options"], id = "0123456789ab".padEnd(64, "0")): Network => ({
	id,
	name: "web",
	driver: "bridge",
	created: "2026-01-01T00:00:00Z",
	options,
});

const published = (text: string, to: string): Published => {
	const [hostAddress, hostPort, protocol] = text.split(" ") as [string, string, Published["protocol"]];
	const [address, port] = to.split(" ") as [string, string];
	return { protocol, hostAddress, hostPort: Number(hostPort), address, port: Number(port), comment: "web" };
};

const element = (port: Published) => portElement(port) as Element;
const standard = network({ interface: "bunker0" });

describe("the table", () => {
	test("is what nft makes of golden/firewall-table.nft, byte for byte", () => {
		expect(tableMessages("bunker").map(lineOf)).toEqual(golden("table"));
	});

	test("every rule's sentence holds the line that nft has for it", () => {
		const text = readFileSync(`${import.meta.dir}/golden/firewall-table.nft`, "utf8");
		const rules = tableMessages("bunker").filter(({ what }) => !what.startsWith("make "));
		for (const { what } of rules) {
			const [, chain, rule] = /^.*: (published|prerouting|output|postrouting|forward|raw|input) (.*)$/.exec(what) ?? [];
			const inChain = text.slice(text.indexOf(`chain ${chain} {`));
			expect(inChain.slice(0, inChain.indexOf("\t}\n"))).toContain(`\t${rule}\n`);
		}
		expect(rules).toHaveLength(22);
	});
});

describe("elements", () => {
	test("are what nft makes of golden/firewall-elements.nft, byte for byte", () => {
		const table = "bunker";
		const web = element(published("0.0.0.0 8080 tcp", "172.30.0.2 80"));
		const messages = [
			...networkElements(standard).map((one) => addElement(table, one)),
			...networkElements(
				network({ internal: true, driverOptions: { "com.docker.network.bridge.enable_icc": "false" } }),
			).map((one) => addElement(table, one)),
			addElement(table, strangerElement(4, "eth0")),
			addElement(table, strangerElement(6, "eth0")),
			addElement(table, web),
			addElement(table, element(published("127.0.0.1 8053 udp", "172.30.0.2 53"))),
			addElement(table, element(published(":: 9000 sctp", "fd00:1::2 9000"))),
			addElement(table, element(published("fd00::1 8080 tcp", "fd00:1::2 80"))),
			deleteElement(table, web),
			deleteElement(table, networkElements(standard)[0] as Element),
			removeTable(table),
		];
		expect(messages.map(lineOf)).toEqual(golden("elements"));
	});

	test("a port of one family is not led to an address of the other", () => {
		expect(portElement(published(":: 80 tcp", "172.30.0.2 80"))).toBeUndefined();
		expect(portElement(published("0.0.0.0 80 tcp", "fd00::2 80"))).toBeUndefined();
	});

	test("a port's sentence says from where to where, and whose it is", () => {
		expect(element(published("0.0.0.0 8080 tcp", "172.30.0.2 80")).what).toBe(
			"lead 0.0.0.0:8080/tcp to 172.30.0.2:80 (web)",
		);
		expect(element(published("fd00::1 8080 tcp", "fd00:1::2 80")).what).toBe(
			"lead [fd00::1]:8080/tcp to [fd00:1::2]:80 (web)",
		);
	});

	test("a comment is cut where nft would refuse it", () => {
		const { body } = addElement("t", { ...element(published(":: 1 tcp", "fd00::2 1")), comment: "x".repeat(300) });
		expect(new TextDecoder("latin1").decode(body).match(/x+/)?.[0]).toHaveLength(127);
	});

	const sets = (options: Network["options"]) => networkElements(network(options)).map(({ set }) => set);
	const without = (option: string, value = "false") => ({
		driverOptions: { [`com.docker.network.bridge.${option}`]: value },
	});
	test.each<[string, Network["options"], string[]]>([
		["a network", {}, ["bridges", "neighbours", "hairpins", "masqueraded"]],
		["an internal one", { internal: true }, ["bridges", "neighbours", "internal"]],
		["one with enable_icc=false", without("enable_icc"), ["bridges", "hairpins", "masqueraded"]],
		["one with enable_icc=0", without("enable_icc", "0"), ["bridges", "hairpins", "masqueraded"]],
		["one with enable_icc=true", without("enable_icc", "true"), ["bridges", "neighbours", "hairpins", "masqueraded"]],
		["one with enable_ip_masquerade=false", without("enable_ip_masquerade"), ["bridges", "neighbours", "hairpins"]],
	])("the bridge of %s is in the sets of its rules", (_, options, expected) => {
		expect(sets(options)).toEqual(expected as typeof expected & ReturnType<typeof sets>);
	});
});

describe("beside docker", () => {
	test("a chain of ours is what nft makes of golden/firewall-docker.nft, byte for byte", () => {
		expect(dockerMessages("ip", "BUNKER", ["bunker0"], false).map(lineOf)).toEqual(golden("docker"));
	});

	test("DOCKER-USER calls it once only", () => {
		expect(dockerMessages("ip", "BUNKER", ["bunker0"], true).map(lineOf)).toEqual(golden("docker").slice(0, -1));
	});
});

describe("advice where another firewall drops what is forwarded", () => {
	const chain = (family: string, table: string, name: string, drops = true) => ({ family, table, name, drops });
	const advised = (...chains: ReturnType<typeof chain>[]) => advice(chains, [], ["bunker0"]);

	test("is none where none does, and where docker lets us pass", () => {
		expect(advised(chain("ip", "filter", "FORWARD", false), chain("inet", "bunker", "forward", false))).toEqual([]);
		expect(advised(chain("ip", "filter", "FORWARD"), chain("ip", "filter", "DOCKER-USER", false))).toEqual([]);
	});

	test("is iptables' own for its chain", () => {
		expect(advised(chain("ip", "filter", "FORWARD"))).toEqual([
			"the chain FORWARD of the table ip filter drops what containers send and get: iptables -I FORWARD -i bunker0 -j ACCEPT; iptables -I FORWARD -o bunker0 -j ACCEPT",
		]);
		expect(advised(chain("ip6", "filter", "FORWARD"))[0]).toContain(": ip6tables -I FORWARD -i bunker0");
	});

	test("is ufw's, nft's and firewalld's for theirs", () => {
		expect(advised(chain("ip", "filter", "FORWARD"), chain("ip", "filter", "ufw-before-forward", false))[0]).toEndWith(
			": ufw route allow in on bunker0; ufw route allow out on bunker0",
		);
		expect(advised(chain("inet", "mine", "fwd"))[0]).toEndWith(
			": nft insert rule inet mine fwd iifname bunker0 accept; nft insert rule inet mine fwd oifname bunker0 accept",
		);
		expect(advised(chain("inet", "firewalld", "filter_FORWARD", false))).toEqual([
			"firewalld may reject what containers send and get: firewall-cmd --permanent --zone=trusted --add-interface=bunker0; firewall-cmd --reload",
		]);
	});

	test("is iptables-legacy's where that has a table", () => {
		expect(advice([], ["nat"], ["bunker0"])).toEqual([]);
		expect(advice([], ["filter", "nat"], ["bunker0"])[0]).toContain("iptables-legacy -I FORWARD -i bunker0 -j ACCEPT");
	});
});
