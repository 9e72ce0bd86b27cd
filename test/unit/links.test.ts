/** rtnetlink messages, byte for byte those that ip(8) sends for the same command. */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { encode, type Message } from "../../src/kernel/netlink.ts";
import { interfaceMessage } from "../../src/network/interfaces.ts";
import { ipvlanOf } from "../../src/network/ipvlan.ts";
import {
	addAddress,
	addBridge,
	addDummy,
	addVeth,
	addVlan,
	allowHairpin,
	deleteLink,
	isolatePort,
	raiseLink,
	setDefaultRoute,
	setMaster,
	setMtu,
} from "../../src/network/link.ts";
import { macvlanOf } from "../../src/network/macvlan.ts";
import { parentMessage } from "../../src/network/parent.ts";
import { endpointOn } from "./networks.ts";

/** As rtnetlink.txt says. */
const INDEXES: Record<string, number> = { bunker0: 2, eth0: 4, veth0123456: 5 };
const NAMESPACE = 4;

const NLM_F_ACK = 4;

/**
 * What cannot be the same, as zeros: the sequence number, which is the clock's
 * in ip and the place in the list in ours, and NLM_F_ACK: ip waits for an answer
 * to everything, we read errors only, which come without being asked for.
 */
function masked(bytes: Uint8Array): string {
	const copy = bytes.slice();
	copy.fill(0, 8, 12);
	copy[6] = (copy[6] as number) & ~NLM_F_ACK;
	return [...copy].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** IFLA_INFO_KIND "bridge_slave" */
const SLAVE = "10 00 01 00 62 72 69 64 67 65 5f 73 6c 61 76 65";

function captured(command: string): string {
	const text = readFileSync("test/unit/golden/rtnetlink.txt", "utf8");
	const section = text.split("\n\n").find((one) => one.startsWith(`$ ip ${command}\n`));
	if (!section) throw new Error(`there is no ${command} in rtnetlink.txt`);
	const bytes = section.trim().split("\n").slice(1).join(" ").split(" ");
	const hex = masked(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)));
	// ip names a kind that there is not; since Linux 6.13 that is a search for a module of that name.
	return hex.replace(`20 00 12 00 ${SLAVE} `, "10 00 12 00 ").replace(/^40/, hex.includes(SLAVE) ? "30" : "40");
}

function ours(message: Message): string {
	for (const { at, name } of message.indexes ?? [])
		new DataView(message.body.buffer, message.body.byteOffset).setInt32(at, INDEXES[name] as number, true);
	return masked(encode(message, 0));
}

const shared = (kind: "macvlan" | "ipvlan", name: string, mac: string, options: Record<string, string>) => {
	const endpoint = endpointOn({ driver: kind, options: { driverOptions: { parent: "bunker0", ...options } } });
	Object.assign(endpoint, { interface: name, mac });
	endpoint.shared = kind === "macvlan" ? macvlanOf(endpoint) : ipvlanOf(endpoint);
	return interfaceMessage(endpoint, NAMESPACE);
};
const inNamespace = "link add link bunker0 netns /proc/self/ns/net name";
const MTU = "com.docker.network.driver.mtu";

const CASES: Record<string, () => Message> = {
	"link add name bunker0 address 02:01:02:03:04:05 mtu 1400 type bridge": () =>
		addBridge({ name: "bunker0", mtu: 1400, mac: "02:01:02:03:04:05" }),
	"link add name br-0123456789ab type bridge": () => addBridge({ name: "br-0123456789ab" }),
	"link add master bunker0 name veth0123456 mtu 1400 up type veth peer name eth0 netns /proc/self/ns/net address 02:42:0a:00:00:02 mtu 1400":
		() => addVeth("veth0123456", "bunker0", { name: "eth0", mac: "02:42:0a:00:00:02", mtu: 1400 }, NAMESPACE),
	"address add 10.1.2.3/24 broadcast + dev bunker0": () =>
		addAddress("bunker0", { family: 4, address: "10.1.2.3", prefix: 24 }, false),
	"address add 10.1.3.0/31 dev bunker0": () =>
		addAddress("bunker0", { family: 4, address: "10.1.3.0", prefix: 31 }, false),
	"address add fd00::1/64 dev bunker0 nodad": () =>
		addAddress("bunker0", { family: 6, address: "fd00::1", prefix: 64 }, false),
	"link set dev eth0 up": () => raiseLink("eth0", true),
	"link set dev bunker0 mtu 1400": () => setMtu("bunker0", 1400),
	"address add 10.1.2.4/24 broadcast + dev eth0": () =>
		addAddress("eth0", { family: 4, address: "10.1.2.4", prefix: 24 }, true),
	"-6 address add fd00::4/64 dev eth0 nodad": () =>
		addAddress("eth0", { family: 6, address: "fd00::4", prefix: 64 }, true),
	"route replace default via 10.1.2.1 dev eth0": () => setDefaultRoute(4, "10.1.2.1", "eth0"),
	"-6 route replace default via fd00::2 dev eth0": () => setDefaultRoute(6, "fd00::2", "eth0"),
	"route replace default dev eth0": () => setDefaultRoute(4, undefined, "eth0"),
	"-6 route replace default dev eth0": () => setDefaultRoute(6, undefined, "eth0"),
	[`${inNamespace} mv address 02:42:0a:00:00:02 mtu 1400 type macvlan mode bridge`]: () =>
		shared("macvlan", "mv", "02:42:0a:00:00:02", { [MTU]: "1400" }),
	[`${inNamespace} mp address 02:42:0a:00:00:03 type macvlan mode private`]: () =>
		shared("macvlan", "mp", "02:42:0a:00:00:03", { macvlan_mode: "private" }),
	[`${inNamespace} me address 02:42:0a:00:00:04 type macvlan mode vepa`]: () =>
		shared("macvlan", "me", "02:42:0a:00:00:04", { macvlan_mode: "vepa" }),
	[`${inNamespace} mt address 02:42:0a:00:00:05 type macvlan mode passthru`]: () =>
		shared("macvlan", "mt", "02:42:0a:00:00:05", { macvlan_mode: "passthru" }),
	[`${inNamespace} iv type ipvlan mode l2 bridge`]: () => shared("ipvlan", "iv", "", {}),
	[`${inNamespace} ip type ipvlan mode l3 private`]: () =>
		shared("ipvlan", "ip", "", { ipvlan_mode: "l3", ipvlan_flag: "private" }),
	[`${inNamespace} ie mtu 1400 type ipvlan mode l3s vepa`]: () =>
		shared("ipvlan", "ie", "", { ipvlan_mode: "l3s", ipvlan_flag: "vepa", [MTU]: "1400" }),
	"link add name dm-0123456789ab up type dummy": () => addDummy("dm-0123456789ab"),
	"link add link bunker0 name bunker0.20 up type vlan id 20": () => addVlan("bunker0.20", "bunker0", 20),
	"link set dev veth0123456 type bridge_slave isolated on": () => isolatePort("veth0123456"),
	"link set dev veth0123456 type bridge_slave hairpin on": () => allowHairpin("veth0123456"),
	"link set dev veth0123456 master bunker0": () => setMaster("veth0123456", "bunker0"),
	"link delete dev veth0123456": () => deleteLink("veth0123456", false),
};

describe("rtnetlink messages", () => {
	for (const [command, make] of Object.entries(CASES))
		test(`are what ip sends: ip ${command}`, () => {
			expect(ours(make())).toBe(captured(command));
		});

	test("every command that was captured is compared", () => {
		const text = readFileSync("test/unit/golden/rtnetlink.txt", "utf8");
		const commands = [...text.matchAll(/^\$ ip (.*)$/gm)].map(([, command]) => command as string);
		expect(commands).toEqual(Object.keys(CASES));
	});

	test("a parent is a VLAN by its name, a dummy without one, and else the host's", () => {
		const parent = (driver: "macvlan" | "ipvlan", name?: string) =>
			parentMessage(endpointOn({ driver, options: { driverOptions: name ? { parent: name } : {} } }).network)?.what;
		expect(parent("macvlan", "eth0.20")).toBe("make eth0.20, the VLAN 20 of eth0");
		expect(parent("macvlan")).toBe("make the dummy interface dm-0123456789ab");
		expect(parent("ipvlan")).toBe("make the dummy interface di-0123456789ab");
		expect(parent("ipvlan", "eth7")).toBeUndefined();
		expect(parent("ipvlan", "eth7.9999")).toBeUndefined();
	});

	test("unknown modes of macvlan and ipvlan are refused", () => {
		expect(() => shared("macvlan", "a", "", { macvlan_mode: "x" })).toThrow("requested macvlan mode 'x' is not valid");
		expect(() => shared("ipvlan", "a", "", { ipvlan_mode: "x" })).toThrow("requested ipvlan mode 'x' is not valid");
		expect(() => shared("ipvlan", "a", "", { ipvlan_flag: "x" })).toThrow("requested ipvlan flag 'x' is not valid");
	});
});
