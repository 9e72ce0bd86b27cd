/** The resolver's table beside what Debian's nft sends for the same text (golden/names-redirect.nft, test/capture-nft.ts). */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { NLM_F_REQUEST } from "../../ffi/netlink.ts";
import type { Message } from "../../src/kernel/netlink.ts";
import { redirectMessages } from "../../src/names/redirect.ts";

const PORTS = { udp: 40001, tcp: 40002 };
const lineOf = ({ type, flags, body }: Message) =>
	`${type.toString(16)} ${(flags | NLM_F_REQUEST).toString(16)} ${body.toHex()}`;
/** Without the batch's begin and end. */
const golden = readFileSync(`${import.meta.dir}/golden/names-redirect.txt`, "utf8")
	.trimEnd()
	.split("\n")
	.filter((line) => !/^(#|10 |11 )/.test(line));

test("the table that leads to the resolver, in the place of another, is what nft makes of its text, byte for byte", () => {
	expect(redirectMessages(PORTS, true).map(lineOf)).toEqual(golden);
});

test("where there is none, nothing is removed", () => {
	expect(redirectMessages(PORTS, false).map(lineOf)).toEqual(golden.slice(2));
});

test("all of it is for the container's network namespace, in one transaction", () => {
	expect(redirectMessages(PORTS, true).map(({ inside }) => inside)).toEqual(golden.map(() => true));
});
