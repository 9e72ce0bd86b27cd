/** What the resolver makes of packets: answers of ours, refusals, and what it passes on; hostile ones too. */

import { describe, expect, test } from "bun:test";
import * as dns from "dns-packet";
import { answer, type Known, reversed } from "../../src/names/answering.ts";
import { Frames, framed } from "../../src/names/frames.ts";
import { answers, datagramSize, type Query, readQuery, refuse, respond, withId } from "../../src/names/question.ts";

interface Decoded {
	id: number;
	rcode: string;
	flag_tc: boolean;
	flag_ra: boolean;
	flag_rd: boolean;
	flag_qr: boolean;
	questions: dns.Question[];
	answers: dns.Answer[];
}

const decode = (packet: Uint8Array) => dns.decode(Buffer.from(packet)) as unknown as Decoded;

function packet(name: string, type = "A", more: object = {}): Uint8Array {
	const question = {
		type: "query",
		id: 7,
		flags: dns.RECURSION_DESIRED,
		questions: [{ type, name, class: "IN" }],
		...more,
	};
	return new Uint8Array(dns.encode(question as unknown as Parameters<typeof dns.encode>[0]));
}

const query = (name: string, type = "A", more: object = {}) => readQuery(packet(name, type, more)) as Query;

const known = (rows: Record<string, string[]>, more: Partial<Known> = {}): Known => ({
	addresses: (name) => rows[name],
	nameOf: () => undefined,
	keepsSingle: () => false,
	...more,
});

const datum = (found: Uint8Array | undefined) => found && decode(found).answers.map(({ data }) => data);
const asked = (name: string, type: string, rows: Known, turn = 0) => answer(query(name, type), rows, () => 512, turn);

describe("a question for a name of ours", () => {
	const web = known({ web: ["10.1.0.2", "fd00::2"], four: ["10.1.0.3"] });

	test("is answered with the addresses of its family, TTL 600, as the client has written the name", () => {
		const found = decode(asked("WeB", "A", web) as Uint8Array);
		expect(found).toMatchObject({
			id: 7,
			rcode: "NOERROR",
			flag_qr: true,
			flag_ra: true,
			flag_rd: true,
			flag_tc: false,
		});
		expect(found.answers).toMatchObject([{ name: "WeB", type: "A", ttl: 600, data: "10.1.0.2" }]);
		expect(datum(asked("web", "AAAA", web))).toEqual(["fd00::2"]);
	});

	test("without an address of the family is answered, with nothing", () => {
		expect(decode(asked("four", "AAAA", web) as Uint8Array)).toMatchObject({ rcode: "NOERROR", answers: [] });
		expect(decode(asked("four", "MX", web) as Uint8Array)).toMatchObject({ rcode: "NOERROR", answers: [] });
	});

	test("of several containers has all, another first each time", () => {
		const all = known({ pool: ["10.1.0.2", "10.1.0.3", "10.1.0.4"] });
		expect(datum(asked("pool", "A", all, 3))).toEqual(["10.1.0.2", "10.1.0.3", "10.1.0.4"]);
		expect(datum(asked("pool", "A", all, 4))).toEqual(["10.1.0.3", "10.1.0.4", "10.1.0.2"]);
	});

	test("for an address has the name, by IPv4 and IPv6", () => {
		const named = known({}, { nameOf: (address) => ({ "10.1.0.2": "web.n", "fd00::2": "web.n" })[address] });
		expect(datum(asked("2.0.1.10.in-addr.arpa", "PTR", named))).toEqual(["web.n"]);
		const six = `2.${"0.".repeat(27)}0.0.d.f.ip6.arpa`;
		expect(reversed(six)).toBe("fd00::2");
		expect(datum(asked(six, "PTR", named))).toEqual(["web.n"]);
		expect(reversed("2.0.1.in-addr.arpa")).toBeUndefined();
	});
});

describe("a question that others answer", () => {
	test("is one for a name, an address or a type that we do not have", () => {
		expect(asked("example.com", "A", known({}))).toBeUndefined();
		expect(asked("single", "A", known({}))).toBeUndefined();
		expect(asked("1.0.0.10.in-addr.arpa", "PTR", known({}))).toBeUndefined();
		expect(asked("web", "TXT", known({ web: ["10.1.0.2"] }))).toBeUndefined();
	});

	test("is not one for a name without a dot where ndots is set", () => {
		const single = known({}, { keepsSingle: () => true });
		expect(decode(asked("single", "A", single) as Uint8Array)).toMatchObject({ rcode: "NOERROR", answers: [] });
		expect(asked("example.com", "A", single)).toBeUndefined();
	});

	test("is one whose label has a dot in it, though it reads like a name of ours", () => {
		const bytes = packet("a.b");
		bytes[12] = 3; // one label of three bytes: "a", a dot, "b"
		bytes[14] = 0x2e;
		expect(answer(readQuery(bytes) as Query, known({ "a.b": ["10.1.0.2"] }), () => 512, 0)).toBeUndefined();
	});

	test("goes on under another id, and its answer is known by id, question and direction", () => {
		const one = query("example.com");
		const reply = respond({ ...one, packet: withId(one.packet, 99), id: 99 }, ["192.0.2.1"], 512);
		expect(answers(reply, one, 99)).toBe(true);
		expect(answers(reply, one, 98)).toBe(false);
		expect(answers(reply, query("example.org"), 99)).toBe(false);
		expect(answers(withId(one.packet, 99), one, 99)).toBe(false);
		expect(decode(withId(reply, one.id)).id).toBe(7);
	});
});

describe("what does not fit", () => {
	const many = known({ pool: Array.from({ length: 100 }, (_, at) => `10.1.0.${at + 1}`) });

	test("a datagram of 512 bytes is left out, and the packet says so", () => {
		const found = answer(query("pool"), many, () => 512, 0) as Uint8Array;
		expect(found.length).toBeLessThanOrEqual(512);
		expect(decode(found).flag_tc).toBe(true);
		expect(decode(found).answers.length).toBeGreaterThan(20);
	});

	test("is as much as the client says (EDNS0), and by TCP all", () => {
		const one = query("pool", "A", { additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1232 }] });
		expect(datagramSize(one)).toBe(1232);
		expect(datagramSize(query("pool"))).toBe(512);
		const found = answer(one, many, () => datagramSize(one), 0) as Uint8Array;
		expect(found.length).toBeGreaterThan(1100);
		expect(decode(answer(one, many, () => 65535, 0) as Uint8Array).answers.length).toBe(100);
	});
});

describe("a packet that is no question", () => {
	test("is refused with its id: a wrong operation, two questions, a name that goes on for ever", () => {
		const status = packet("web");
		status[2] = 0x10;
		expect(decode(readQuery(status) as Uint8Array)).toMatchObject({ id: 7, rcode: "NOTIMP" });
		const two = packet("web");
		two[5] = 2;
		expect(decode(readQuery(two) as Uint8Array)).toMatchObject({ id: 7, rcode: "FORMERR" });
		const loop = packet("web");
		loop.set([0xc0, 0x0c], 12);
		expect(decode(readQuery(loop) as Uint8Array)).toMatchObject({ rcode: "FORMERR" });
		expect(decode(refuse(query("web"), 2))).toMatchObject({ id: 7, rcode: "SERVFAIL", questions: [{ name: "web" }] });
	});

	test("is dropped where it is an answer, or too short for one: two resolvers never talk to each other", () => {
		const reply = packet("web");
		reply[2] = 0x80;
		expect(readQuery(reply)).toBeUndefined();
		expect(readQuery(new Uint8Array(11))).toBeUndefined();
	});

	test("ends nothing, whatever it is: a hundred thousand of them", () => {
		const all = known({ web: ["10.1.0.2"] }, { nameOf: () => "web.n" });
		let seed = 1;
		const random = (below: number) => {
			seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
			return (seed >>> 8) % below;
		};
		for (let round = 0; round < 100_000; round++) {
			const bytes = round % 2 ? packet("web.example.com", round % 4 === 1 ? "A" : "PTR") : new Uint8Array(random(64));
			for (let times = random(8) + (round % 2 ? 0 : 64); times > 0 && bytes.length > 0; times--)
				bytes[random(bytes.length)] = random(256);
			const read = readQuery(bytes);
			if (read === undefined || read instanceof Uint8Array) continue;
			const found = answer(read, all, () => datagramSize(read), round);
			if (found) expect(found.length).toBeLessThan(600);
			expect(refuse(read, 2).length).toBe(read.end);
		}
	});
});

describe("packets by TCP", () => {
	test("come in any pieces, and are whole", () => {
		const frames = new Frames();
		const bytes = [...framed(packet("one")), ...framed(packet("two"))];
		const found: string[] = [];
		for (const byte of bytes) {
			frames.add(Uint8Array.of(byte));
			const next = frames.next();
			if (next) found.push((readQuery(next) as Query).name);
		}
		expect(found).toEqual(["one", "two"]);
		expect(frames.next()).toBeUndefined();
	});
});
