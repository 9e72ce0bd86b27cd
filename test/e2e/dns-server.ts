/** A DNS server of the tests' own, in their network namespace: what a container's resolver passes questions on to. */

import type { Socket } from "bun";
import * as dns from "dns-packet";

interface Question {
	id: number;
	questions: dns.Question[];
	additionals: dns.Option[];
}

/** What is done with a question. */
export type Rule =
	| { data: string[] }
	/** a whole answer by TCP, by UDP one that says it is not */
	| { truncated: string[] }
	| { rcode: number }
	| "silent"
	/** first answers that nobody has asked for, then this */
	| { forged: string[]; data: string[] };

/** A question as it was heard. */
export interface Heard {
	name: string;
	type: string;
	transport: "udp" | "tcp";
	id: number;
	/** the client's port */
	port: number;
	/** what it says fits a datagram; undefined: nothing */
	size?: number;
}

export class DnsServer {
	readonly heard: Heard[] = [];
	private readonly rules = new Map<string, Rule>();
	private udp?: Bun.udp.Socket<"buffer">;
	private tcp?: Bun.TCPSocketListener<unknown>;

	private constructor(readonly address: string) {}

	/** @param address of this network namespace: it listens at port 53 */
	static async open(address: string): Promise<DnsServer> {
		const server = new DnsServer(address);
		server.udp = await Bun.udpSocket({
			hostname: address,
			port: 53,
			socket: {
				data: (socket, packet, port, from) => {
					for (const reply of server.answer(packet, "udp", port)) socket.send(reply, port, from);
				},
			},
		});
		server.tcp = Bun.listen({
			hostname: address,
			port: 53,
			socket: {
				data: (socket: Socket<unknown>, bytes) => {
					for (const reply of server.answer(bytes.subarray(2), "tcp", socket.remotePort)) {
						const frame = Buffer.alloc(2 + reply.length, reply.length >> 8, "binary");
						frame.writeUInt16BE(reply.length);
						frame.set(reply, 2);
						socket.write(frame);
					}
				},
			},
		});
		return server;
	}

	/** What is said of a name from now on; without a rule it does not exist. */
	set(name: string, rule: Rule): void {
		this.rules.set(name, rule);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.udp?.close();
		this.tcp?.stop(true);
	}

	private answer(packet: Buffer, transport: "udp" | "tcp", port: number): Uint8Array[] {
		const { id, questions, additionals } = dns.decode(Buffer.from(packet)) as Question;
		const [question] = questions;
		if (!question) return [];
		const size = additionals.find(({ type }) => type === "OPT")?.udpPayloadSize;
		this.heard.push({ name: question.name, type: question.type, transport, id, port, size });
		const rule = this.rules.get(question.name) ?? { rcode: 3 };
		if (rule === "silent") return [];
		const reply = (data: string[], flags = 0, of = id, name = question.name) =>
			dns.encode({
				type: "response",
				id: of,
				flags: dns.RECURSION_AVAILABLE | flags,
				questions: [{ ...question, name }],
				answers: data.map((one) => ({ name, type: question.type, class: "IN", ttl: 60, data: one })),
			});
		if ("rcode" in rule) return [reply([], rule.rcode)];
		if ("truncated" in rule) return [transport === "tcp" ? reply(rule.truncated) : reply([], dns.TRUNCATED_RESPONSE)];
		if ("forged" in rule)
			return [reply(rule.forged, 0, id ^ 1), reply(rule.forged, 0, id, "other.example"), reply(rule.data)];
		return [reply(rule.data)];
	}
}
