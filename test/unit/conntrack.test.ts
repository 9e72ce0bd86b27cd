/** What connection tracking is told beside what conntrack(8) sends (golden/conntrack.txt, test/capture-nft.ts). */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { AF_INET } from "../../ffi/constants.ts";
import { attributesOf } from "../../src/kernel/netlink.ts";
import { conversations, forgetting } from "../../src/network/conntrack.ts";

/** The dump that it begins with, and the conversation that it forgets: 127.0.0.1:40000 to 127.0.0.1:5300. */
const [dump, removal] = readFileSync(`${import.meta.dir}/golden/conntrack.txt`, "utf8")
	.trimEnd()
	.split("\n")
	.slice(1)
	.map((line) => {
		const [type, , body] = line.split(" ") as [string, string, string];
		return { type: Number.parseInt(type, 16), body: Uint8Array.fromHex(body) };
	}) as [Sent, Sent];
interface Sent {
	type: number;
	body: Uint8Array;
}

const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_PROTO = 2;
const HEADER = 4;
const tuple = attributesOf(removal.body, HEADER).get(CTA_TUPLE_ORIG) as Uint8Array;

test("a conversation is forgotten by its first tuple, byte for byte as conntrack sends that", () => {
	const { type, body } = forgetting(AF_INET, 5300, tuple);
	expect(type).toBe(removal.type);
	// conntrack goes on with what the kernel does not look at: the answer's tuple, status, timeout, mark.
	expect(body.toHex()).toBe(removal.body.subarray(0, body.length).toHex());
	expect(body.length).toBe(HEADER + 4 + tuple.length);
});

test("asked for are those of the port alone, in the tuple's own words", () => {
	const { type, body } = conversations(AF_INET, 5300);
	expect(type).toBe(dump.type);
	expect(body.subarray(0, HEADER)).toEqual(dump.body);
	const asked = attributesOf(body, HEADER);
	const protocol = (bytes: Uint8Array | undefined) =>
		attributesOf(attributesOf(bytes as Uint8Array, 0).get(CTA_TUPLE_PROTO) as Uint8Array, 0);
	const [ours, theirs] = [protocol(asked.get(CTA_TUPLE_ORIG)), protocol(tuple)];
	// CTA_PROTO_NUM and CTA_PROTO_DST_PORT, and no other: what a filter does not name it must not say.
	expect([...ours.keys()]).toEqual([1, 3]);
	for (const [attribute, value] of ours) expect(theirs.get(attribute)).toEqual(value);
	// CTA_FILTER: flags of both, CTA_FILTER_F_CTA_PROTO_NUM | CTA_FILTER_F_CTA_PROTO_DST_PORT and none (nf_internals.h).
	expect(asked.get(25)?.toHex()).toBe(`${"0800010028000000"}${"0800020000000000"}`);
});
