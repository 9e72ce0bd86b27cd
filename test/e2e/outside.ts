/**
 * The world outside: a network namespace that stands for another host, joined
 * to the tests' own (test/own-network.sh) by a veth pair, with IPv4 and IPv6.
 * What is run in it sees of ours what another host on the same wire would.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { patience } from "../patience.ts";
import { type Outcome, until } from "./harness.ts";
import { Program } from "./program.ts";

/** Addresses of our end of the wire: "the host's address" (RFC 5737, RFC 3849: for documentation, nobody's). */
export const HOST = "192.0.2.1";
export const HOST6 = "2001:db8:2::1";
/** Addresses of the other host. */
export const OUTSIDE = "192.0.2.2";
export const OUTSIDE6 = "2001:db8:2::2";
/** Our end of the wire. */
export const WIRE = "wire0";

/** A command's environment there: what it needs to be found. */
const ENVIRONMENT = { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin" };

/** The network namespace of a process, and what the tests run in it: the outside's, or a container's. */
export class Place {
	protected readonly programs: Program[] = [];

	constructor(readonly pid: number) {}

	/** Runs a command of this machine there, to its end: `run("curl", "-s", "http://192.0.2.1:8080")`. */
	async run(...words: string[]): Promise<Outcome> {
		const program = this.spawn(...words);
		await program.feed("");
		const code = await program.ended();
		return { code, stdout: program.stdout, stderr: program.stderr, bytes: program.bytes };
	}

	/** As `run`, where anything but success is an error of the test. @returns stdout without its last newline */
	async ok(...words: string[]): Promise<string> {
		const { code, stdout, stderr } = await this.run(...words);
		if (code !== 0) throw new Error(`${words.join(" ")}: exit ${code}: ${stderr}`);
		return stdout.replace(/\n$/, "");
	}

	/** Starts a command of this machine there; it is killed by `close`. */
	spawn(...words: string[]): Program {
		const entered = ["nsenter", `--net=/proc/${this.pid}/ns/net`, ...words];
		const program = new Program(entered, { env: ENVIRONMENT, stdin: "pipe" });
		this.programs.push(program);
		return program;
	}

	/**
	 * Starts a server there that answers each HTTP request (with "udp" each
	 * datagram) with the client's address and nothing else; returns once it listens.
	 */
	async tellClients(port: number, protocol: "tcp" | "udp" = "tcp", address = "::"): Promise<Program> {
		const server = this.spawn(process.execPath, "test/e2e/client-teller.ts", protocol, address, String(port));
		await server.prints("ready");
		return server;
	}

	/** True if somebody there listens at a TCP port (has a UDP socket at it). */
	listens(port: number, protocol: "tcp" | "udp" = "tcp"): boolean {
		return listeners(this.pid, protocol).includes(port);
	}

	/** Ends all that was started there. */
	async close(): Promise<void> {
		for (const program of this.programs) if (program.running) program.kill("SIGKILL");
		await Promise.all(this.programs.map((program) => program.ended()));
	}
}

/** The other host: `await using outside = await Outside.open()`. */
export class Outside extends Place {
	private constructor(private readonly holder: Program) {
		super(holder.pid);
	}

	/** @throws Error where the network is not the tests' own */
	static async open(): Promise<Outside> {
		if (!process.env.BUNKER_OWN_NETWORK) throw new Error("run me by test/own-network.sh: this is the host's network");
		const holder = new Program(["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"], {
			env: ENVIRONMENT,
			stdin: "pipe",
		});
		const outside = new Outside(holder);
		try {
			await holder.prints("ready");
			await outside.join();
			return outside;
		} catch (error) {
			await outside.close();
			throw error;
		}
	}

	/** Lays the wire. IPv6 without duplicate address detection, which takes a second. */
	private async join(): Promise<void> {
		const { pid } = this;
		onHost(`ip link add ${WIRE} type veth peer name eth0 netns ${pid}`);
		onHost(`ip address add ${HOST}/24 dev ${WIRE}`);
		onHost(`ip address add ${HOST6}/64 dev ${WIRE} nodad`);
		onHost(`ip link set ${WIRE} up`);
		for (const line of [
			"ip link set lo up",
			`ip address add ${OUTSIDE}/24 dev eth0`,
			`ip address add ${OUTSIDE6}/64 dev eth0 nodad`,
			"ip link set eth0 up",
		])
			await this.ok(...line.split(" "));
		await until(
			"the wire carries IPv6",
			async () => (await this.run("busybox", "ping6", "-c1", "-W1", HOST6)).code === 0,
		);
	}

	/** The other host takes ours for the way to a subnet: what nobody's router does, and a neighbour may. */
	async routes(subnet: string): Promise<void> {
		const six = subnet.includes(":");
		await this.ok("ip", six ? "-6" : "-4", "route", "replace", subnet, "via", six ? HOST6 : HOST);
	}

	/** One more address of the other host, routed to by ours. */
	async answersTo(address: string): Promise<void> {
		const six = address.includes(":");
		await this.ok("ip", "address", "add", `${address}/${six ? 128 : 32}`, "dev", "lo");
		onHost(`ip ${six ? "-6" : "-4"} route replace ${address} via ${six ? OUTSIDE6 : OUTSIDE}`);
	}

	override async close(): Promise<void> {
		await super.close();
		// Deleted at our end: the namespace lives on for a while when its last process is gone.
		Bun.spawnSync(["ip", "link", "delete", WIRE]);
		this.holder.kill("SIGKILL");
		await this.holder.ended(patience(5000));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

/** Runs a line (words between spaces) on what is the host here. @throws Error with what it says */
export function onHost(line: string): string {
	const { exitCode, stdout, stderr } = Bun.spawnSync(line.split(" "), { env: ENVIRONMENT });
	if (exitCode !== 0) throw new Error(`${line}: exit ${exitCode}: ${stderr}`);
	return stdout.toString();
}

/** Gives a setting of the host's network another value, until disposed: `using _ = setting("net/ipv4/ip_forward", "0")`. */
export function setting(name: string, value: string): Disposable {
	const file = `/proc/sys/${name}`;
	const before = readFileSync(file, "utf8");
	writeFileSync(file, value);
	return { [Symbol.dispose]: () => writeFileSync(file, before) };
}

const LISTEN = "0A";

/** Ports at which somebody in a process's network namespace listens (TCP), or has a socket that is connected to nobody (UDP). */
export function listeners(pid: number | "self", protocol: "tcp" | "udp"): number[] {
	const ports = new Set<number>();
	for (const file of [protocol, `${protocol}6`])
		for (const line of readFileSync(`/proc/${pid}/net/${file}`, "utf8").split("\n").slice(1)) {
			// sl local_address rem_address st …: addresses in hexadecimal, with their port
			const [, local, remote, state] = line.trim().split(/\s+/);
			if (!local || (protocol === "tcp" ? state !== LISTEN : !remote?.endsWith(":0000"))) continue;
			ports.add(Number.parseInt(local.slice(local.indexOf(":") + 1), 16));
		}
	return [...ports].sort((one, other) => one - other);
}
