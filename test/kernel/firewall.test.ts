/**
 * The firewall played on the live kernel: what nft reads back, and what real
 * programs in namespaces of their own reach through it. "The host" here is the
 * network namespace of the tests (test/own-network.sh).
 */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { playMessages } from "../../src/kernel/netlink.ts";
import { dockerDifference } from "../../src/network/docker-user.ts";
import {
	addElement,
	deleteElement,
	type Element,
	networkElements,
	type Published,
	portElement,
	strangerElement,
} from "../../src/network/elements.ts";
import { chains, hasDockerUser } from "../../src/network/others.ts";
import { removeTable, replaceTable, tableMessages } from "../../src/network/ruleset.ts";
import type { Network } from "../../src/network/table.ts";
import { HOST, HOST6, OUTSIDE, OUTSIDE6, Outside, onHost, Place, WIRE } from "../e2e/outside.ts";
import { Program } from "../e2e/program.ts";
import { patience } from "../patience.ts";
import { requires } from "../requires.ts";

setDefaultTimeout(patience(30_000));
const isReady = requires("root", "nft", "unshare") && process.env.BUNKER_OWN_NETWORK !== undefined;
const TABLE = "bunker-test";

const network = (bridge: string, options: Network["options"] = {}): Network => ({
	id: bridge.padEnd(64, "0"),
	name: bridge,
	driver: "bridge",
	created: "2026-01-01T00:00:00Z",
	options: { ...options, interface: bridge },
});

const listed = () => onHost(`nft list table inet ${TABLE}`);

describe.skipIf(!isReady)("the table, read back by nft,", () => {
	afterAll(() => playMessages([removeTable(TABLE)]));

	test("is the text that it was written as", () => {
		playMessages(tableMessages(TABLE));
		const text = readFileSync("test/unit/golden/firewall-table.nft", "utf8");
		expect(listed().replaceAll("\n\n", "\n")).toBe(text.replace("inet bunker", `inet ${TABLE}`));
	});

	test("names a port's container, and a network's bridge", () => {
		const port = portElement({ ...WEB, comment: "web-1" }) as Element;
		playMessages([...networkElements(network("tn0")), port].map((one) => addElement(TABLE, one)));
		expect(listed()).toContain('elements = { tcp . 8080 comment "web-1" : 172.31.0.2 . 80 }');
		expect(listed()).toContain('elements = { "tn0" . "tn0" }');
		// Again is as good, and what is removed is gone.
		playMessages([addElement(TABLE, port)]);
		playMessages([deleteElement(TABLE, port)]);
		expect(listed()).not.toContain("8080");
	});

	test("is replaced with all its elements in one transaction, whatever there was", () => {
		onHost(`nft flush table inet ${TABLE}`);
		onHost(`nft add rule inet ${TABLE} forward drop`);
		playMessages(replaceTable(TABLE, networkElements(network("tn1")), true));
		expect(listed()).toContain('elements = { "tn1" . "tn1" }');
		expect(listed()).not.toContain("tn0");
		expect(listed()).toContain('iifname != "lo" ip daddr 127.0.0.0/8 drop');
	});

	test("takes two thousand ports at once", () => {
		const ports = Array.from({ length: 2000 }, (_, at) => portElement({ ...WEB, hostPort: 10000 + at }) as Element);
		playMessages(replaceTable(TABLE, ports, true));
		expect(listed().match(/tcp \. 1\d{4} /g)).toHaveLength(2000);
	});
});

const WEB: Published = {
	protocol: "tcp",
	hostAddress: "0.0.0.0",
	hostPort: 8080,
	address: "172.31.0.2",
	port: 80,
	comment: "web",
};

/** A namespace that stands for a container's, on a bridge. */
class Guest extends Place {
	private constructor(private readonly holder: Program) {
		super(holder.pid);
	}

	static async open(bridge: string, subnet: number, host: number): Promise<Guest> {
		const holder = new Program(["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"], {
			env: { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin" },
			stdin: "pipe",
		});
		await holder.prints("ready");
		const guest = new Guest(holder);
		const outer = `${bridge}-${host}`;
		onHost(`ip link add ${outer} master ${bridge} type veth peer name eth0 netns ${holder.pid}`);
		onHost(`ip link set ${outer} up`);
		for (const line of [
			"ip link set lo up",
			`ip address add 172.31.${subnet}.${host}/24 dev eth0`,
			`ip address add fd00:31:${subnet}::${host}/64 dev eth0 nodad`,
			"ip link set eth0 up",
			`ip route add default via 172.31.${subnet}.1`,
			`ip -6 route add default via fd00:31:${subnet}::1`,
		])
			await guest.ok(...line.split(" "));
		return guest;
	}

	override async close(): Promise<void> {
		await super.close();
		this.holder.kill("SIGKILL");
		await this.holder.ended();
	}
}

const SILENT = { driverOptions: { "com.docker.network.bridge.enable_ip_masquerade": "false" } };
const BRIDGES = [network("tn0"), network("tn1"), network("tn2", { internal: true }), network("tn3", SILENT)];

describe.skipIf(!isReady)("through the firewall", () => {
	let outside: Outside;
	let web: Guest;
	let neighbour: Guest;
	let other: Guest;
	let inner: Guest;
	let inner2: Guest;
	let plain: Guest;
	const host = new Place(process.pid);

	/** What a server that tells its client's address has told; nothing where it was not reached. */
	const asked = async (from: Place, url: string, seconds = 10) =>
		(await from.run("curl", "-s", "--max-time", String(seconds), "--noproxy", "*", `http://${url}/`)).stdout;
	/** Which of these are reached after all. What is dropped is not answered: half a second is long enough here. */
	const reached = async (...calls: [from: Place, url: string][]) => {
		const answers = await Promise.all(calls.map(([from, url]) => asked(from, url, 0.5)));
		return calls.flatMap(([, url], at) => (answers[at] === "" ? [] : [url]));
	};
	const play = (...elements: (Element | undefined)[]) =>
		playMessages(elements.map((one) => addElement(TABLE, one as Element)));
	const set = (name: string, value: string) => writeFileSync(`/proc/sys/net/${name}`, value);

	/** Whether what only passes a bridge is shown to the firewall too (br_netfilter, where it is there). */
	const setBridged = (value: string) => {
		for (const name of ["iptables", "ip6tables"])
			if (existsSync(`/proc/sys/net/bridge/bridge-nf-call-${name}`)) set(`bridge/bridge-nf-call-${name}`, value);
	};

	beforeAll(async () => {
		outside = await Outside.open();
		playMessages(replaceTable(TABLE, BRIDGES.flatMap(networkElements), false));
		for (const [at, { name }] of BRIDGES.entries()) {
			onHost(`ip link add ${name} type bridge`);
			onHost(`ip address add 172.31.${at}.1/24 dev ${name}`);
			onHost(`ip address add fd00:31:${at}::1/64 dev ${name} nodad`);
			onHost(`ip link set ${name} up`);
			set(`ipv4/conf/${name}/route_localnet`, "1");
		}
		setBridged("0");
		set("ipv4/ip_forward", "1");
		set("ipv6/conf/all/forwarding", "1");
		await outside.routes("172.31.0.0/16");
		await outside.routes("fd00:31::/32");
		[web, neighbour, other, inner, inner2, plain] = await Promise.all([
			Guest.open("tn0", 0, 2),
			Guest.open("tn0", 0, 3),
			Guest.open("tn1", 1, 2),
			Guest.open("tn2", 2, 2),
			Guest.open("tn2", 2, 3),
			Guest.open("tn3", 3, 2),
		]);
		await Promise.all([web.tellClients(80), other.tellClients(80), inner.tellClients(80), outside.tellClients(80)]);
		play(
			portElement(WEB),
			portElement({ ...WEB, hostAddress: "127.0.0.1", hostPort: 8081 }),
			portElement({ ...WEB, hostAddress: "::", address: "fd00:31:0::2" }),
			portElement({ ...WEB, hostAddress: HOST6, hostPort: 8082, address: "fd00:31:0::2" }),
			portElement({ ...WEB, protocol: "udp", hostPort: 5300, port: 53 }),
		);
	});
	afterAll(async () => {
		await Promise.all([web, neighbour, other, inner, inner2, plain].map((guest) => guest?.close()));
		for (const { name } of BRIDGES) Bun.spawnSync(["ip", "link", "delete", name]);
		playMessages([removeTable(TABLE)]);
		await outside?.close();
	});

	test("the outside sees the host's address, IPv4 and IPv6", async () => {
		expect(await asked(web, OUTSIDE)).toBe(HOST);
		expect(await asked(web, `[${OUTSIDE6}]`)).toBe(HOST6);
	});

	test("with enable_ip_masquerade=false it sees the container's", async () => {
		expect(await asked(plain, OUTSIDE)).toBe("172.31.3.2");
	});

	test("containers of one network reach each other", async () => {
		expect(await asked(neighbour, "172.31.0.2")).toBe("172.31.0.3");
		expect(await asked(inner2, "172.31.2.2")).toBe("172.31.2.3");
	});

	test("those of another do not, nor does the outside that knows the way", async () => {
		expect(
			await reached(
				[other, "172.31.0.2"],
				[web, "172.31.1.2"],
				[web, "[fd00:31:1::2]"],
				[outside, "172.31.0.2"],
				[outside, "[fd00:31:0::2]"],
			),
		).toEqual([]);
		expect(await asked(host, "172.31.0.2")).toBe("172.31.0.1");
	});

	test("packets of no connection do not either: they are not tracked", async () => {
		onHost("nft add table ip untracked");
		onHost("nft add chain ip untracked raw { type filter hook prerouting priority -300 ; }");
		onHost("nft add rule ip untracked raw ip daddr 172.31.1.2 notrack");
		try {
			expect((await web.run("busybox", "ping", "-c1", "-W1", "172.31.1.2")).code).toBe(1);
			expect(onHost("nft list table ip untracked")).toContain("notrack");
			expect(await reached([web, "172.31.1.2"])).toEqual([]);
		} finally {
			onHost("nft delete table ip untracked");
		}
	});

	test("a published port is reached from outside, and the server sees who calls", async () => {
		expect(await asked(outside, `${HOST}:8080`)).toBe(OUTSIDE);
		expect(await asked(outside, `[${HOST6}]:8080`)).toBe(OUTSIDE6);
		expect(await asked(outside, `[${HOST6}]:8082`)).toBe(OUTSIDE6);
	});

	test("… and from the host, by its address and by 127.0.0.1, which has another name then", async () => {
		expect(await asked(host, `${HOST}:8080`)).toBe(HOST);
		expect(await asked(host, "127.0.0.1:8080")).toBe("172.31.0.1");
		expect(await asked(host, "127.0.0.7:8080")).toBe("172.31.0.1");
		expect(await asked(host, "127.0.0.1:8081")).toBe("172.31.0.1");
		expect(await reached([host, `${HOST}:8081`])).toEqual([]);
		expect(await asked(host, `[${HOST6}]:8080`)).toBe(HOST6);
		expect(await reached([host, "[::1]:8080"])).toEqual([]);
	});

	test("… and from containers: of another network with their address, of its own and itself by way of the host", async () => {
		expect(await asked(other, `${HOST}:8080`)).toBe("172.31.1.2");
		expect(await asked(other, "172.31.1.1:8080")).toBe("172.31.1.2");
		expect(await asked(neighbour, `${HOST}:8080`)).toBe("172.31.0.1");
		expect(await asked(web, `${HOST}:8080`)).toBe("172.31.0.1");
		expect(await asked(neighbour, `[${HOST6}]:8080`)).toBe("fd00:31::1");
	});

	test("the same with br_netfilter", async () => {
		setBridged("1");
		expect(await asked(neighbour, "172.31.0.2")).toBe("172.31.0.3");
		expect(await asked(neighbour, `${HOST}:8080`)).toBe("172.31.0.1");
		// What bridges do for a container that calls itself (hairpin.ts).
		onHost("ip link set tn0-2 type bridge_slave hairpin on");
		expect(await asked(web, `${HOST}:8080`)).toBe("172.31.0.1");
		expect(await asked(host, `${HOST}:8080`)).toBe(HOST);
		expect(await asked(outside, `${HOST}:8080`)).toBe(OUTSIDE);
		expect(await asked(other, `${HOST}:8080`)).toBe("172.31.1.2");
		expect(await asked(host, "127.0.0.1:8080")).toBe("172.31.0.1");
		expect(await asked(inner2, "172.31.2.2")).toBe("172.31.2.3");
		expect(await reached([other, "172.31.0.2"], [inner, OUTSIDE])).toEqual([]);
		setBridged("0");
	});

	test("UDP is published too", async () => {
		await web.tellClients(53, "udp", "0.0.0.0");
		const client = (address: string) =>
			`const socket = await Bun.udpSocket({ socket: { data: (_, said) => console.log(said.toString()) || process.exit() } });
			socket.send("?", 5300, "${address}");`;
		const from = (place: Place, address: string) => place.ok(process.execPath, "-e", client(address));
		expect(await from(outside, HOST)).toBe(OUTSIDE);
		expect(await from(host, "127.0.0.1")).toBe("172.31.0.1");
	});

	test("docker's firewall, which drops what is forwarded, lets our networks pass by DOCKER-USER, and goes on to guard its own", async () => {
		onHost("nft -f test/unit/golden/firewall-docker-before.nft");
		try {
			expect(hasDockerUser(chains(), "ip")).toBe(true);
			expect(hasDockerUser(chains(), "ip6")).toBe(false);
			expect(await reached([web, OUTSIDE], [outside, `${HOST}:8080`])).toEqual([]);
			const names = ["tn0", "tn1", "tn2"];
			playMessages(dockerDifference("ip", "BUNKER-TEST", names));
			expect(dockerDifference("ip", "BUNKER-TEST", names)).toEqual([]);
			expect(await asked(web, OUTSIDE)).toBe(HOST);
			expect(await asked(outside, `${HOST}:8080`)).toBe(OUTSIDE);
			// tn3 is docker's, say: nobody has let it pass.
			expect(await reached([plain, OUTSIDE], [other, "172.31.0.2"])).toEqual([]);
			const changed = dockerDifference("ip", "BUNKER-TEST", ["tn0", "tn1", "tn9"]);
			playMessages(changed);
			expect(onHost("nft list chain ip filter BUNKER-TEST")).not.toContain("tn2");
			expect(onHost("nft list chain ip filter DOCKER-USER").match(/BUNKER-TEST/g)).toHaveLength(1);
			onHost("nft flush chain ip filter DOCKER-USER");
			expect(dockerDifference("ip", "BUNKER-TEST", ["tn0", "tn1", "tn9"])).not.toEqual([]);
		} finally {
			onHost("nft delete table ip filter");
		}
	});

	test("nothing leaves an internal network, and nothing enters it, published ports included", async () => {
		play(portElement({ ...WEB, hostPort: 8083, address: "172.31.2.2" }));
		expect(
			await reached(
				[inner, OUTSIDE],
				[inner, "172.31.0.2"],
				[inner, "172.31.2.1:8080"],
				[outside, "172.31.2.2"],
				[outside, `${HOST}:8083`],
				[web, "172.31.2.2"],
			),
		).toEqual([]);
		expect(await asked(host, "172.31.2.2")).toBe("172.31.2.1");
	});

	test("another host's packets to 127.0.0.1 are dropped, where without the rule they would reach the container", async () => {
		// A neighbour on the wire that sends what no host should.
		for (const line of [
			"ip address delete 127.0.0.1/8 dev lo",
			`ip route add 127.0.0.0/8 via ${HOST}`,
			"busybox sysctl -qw net.ipv4.conf.all.route_localnet=1",
		])
			await outside.ok(...line.split(" "));
		expect(await reached([outside, "127.0.0.1:8081"])).toEqual([]);
		onHost(`nft flush chain inet ${TABLE} raw`);
		expect(await asked(outside, "127.0.0.1:8081")).toBe(OUTSIDE);
	});

	test("a container's packets from 127.0.0.2 are dropped, where without the rule a service of the host would trust them", async () => {
		playMessages(replaceTable(TABLE, BRIDGES.flatMap(networkElements), true));
		const liar = await Guest.open("tn0", 0, 8);
		const callers: string[] = [];
		const data = (_: unknown, __: unknown, ___: number, address: string) => void callers.push(address);
		const service = await Bun.udpSocket({ hostname: "0.0.0.0", port: 0, socket: { data } });
		const lie = () => liar.run(process.execPath, "test/e2e/datagram.ts", "172.31.0.1", String(service.port));
		try {
			for (const line of [
				"ip address delete 127.0.0.1/8 dev lo",
				"busybox sysctl -qw net.ipv4.conf.all.route_localnet=1",
				"ip address add 127.0.0.2/32 dev eth0",
				"ip route add 172.31.0.1/32 dev eth0 src 127.0.0.2",
			])
				await liar.ok(...line.split(" "));
			await lie();
			expect(callers).toEqual([]);
			onHost(`nft flush chain inet ${TABLE} raw`);
			await lie();
			expect(callers).toContain("127.0.0.2");
		} finally {
			service.close();
			await liar.close();
		}
	});

	test("between strangers nothing is forwarded, if it was we who switched that on", async () => {
		const far = await Guest.open("tn3", 3, 9);
		try {
			// tn3 stands for an interface that is none of ours, from here on.
			playMessages(networkElements(BRIDGES[3] as Network).map((one) => deleteElement(TABLE, one)));
			expect(await asked(far, OUTSIDE)).toBe("172.31.3.9");
			play(strangerElement(4, WIRE), strangerElement(4, "tn3"));
			expect(await reached([far, OUTSIDE])).toEqual([]);
			expect(await asked(web, OUTSIDE)).toBe(HOST);
		} finally {
			await far.close();
		}
	});
});
