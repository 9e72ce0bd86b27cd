/**
 * Our rules in docker's tables: where docker has FORWARD drop what is not its
 * own, its chain DOCKER-USER is where its users accept something before. A
 * chain of ours is called from there. It lets in what is for our bridges, since
 * our own table judges that, and lets out what is not for docker's bridges,
 * which docker goes on to judge. iptables lists these rules as its own.
 */

import { close } from "../../ffi/file.ts";
import { ask, NETLINK_NETFILTER, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, openNetlink } from "../../ffi/netlink.ts";
import { decodeText, encodeText } from "../../ffi/text.ts";
import { Body, encode, type Message, message } from "../kernel/netlink.ts";
import { typeOf } from "./elements.ts";
import { compare, count, decide, type Expression, interfaceName, jump, leave, meta } from "./expression.ts";

const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_MSG_GETRULE = 7;
const NFT_MSG_DELRULE = 8;
const HEADERS = { ip: Uint8Array.of(2, 0, 0, 0), ip6: Uint8Array.of(10, 0, 0, 0) } as const;

export type DockerFamily = keyof typeof HEADERS;

const TABLE = "filter";
const DOCKER_USER = "DOCKER-USER";

/** The name of our chain: every engine has its own. */
export const chainName = (table: string): string => table.toUpperCase();

interface Rule {
	text: string;
	key: "iifname" | "oifname";
	/** of an interface, or with * at its end how it begins */
	name: string;
	verdict: Expression;
}

function rulesOf(bridges: readonly string[]): Rule[] {
	const accepted = (key: Rule["key"]) => (name: string) => ({
		text: `${key} "${name}" accept`,
		key,
		name,
		verdict: decide("accept"),
	});
	const dockers = ["docker0", "br-*"].map((name): Rule => {
		return { text: `oifname "${name}" return`, key: "oifname", name, verdict: leave };
	});
	return [...bridges.map(accepted("oifname")), ...dockers, ...bridges.map(accepted("iifname"))];
}

const pattern = (name: string) => (name.endsWith("*") ? encodeText(name.slice(0, -1)) : interfaceName(name));

function addRule(family: DockerFamily, chain: string, text: string, expressions: Expression[], flags: number): Message {
	const body = new Body(HEADERS[family]).text(1, TABLE).text(2, chain);
	body.nest(
		4,
		(list) => {
			for (const one of expressions) one(list);
		},
		true,
	);
	return message(
		`let docker's firewall pass our networks: ${family} ${TABLE} ${chain} ${text}`,
		typeOf(NFT_MSG_NEWRULE),
		NLM_F_CREATE | flags,
		body,
	);
}

/**
 * Makes our chain what it has to be, and has DOCKER-USER call it, first of all:
 * docker of old ended that chain with RETURN.
 * @param isCalled whether it is called already
 */
export function dockerMessages(
	family: DockerFamily,
	chain: string,
	bridges: readonly string[],
	isCalled: boolean,
): Message[] {
	const make = new Body(HEADERS[family]).text(1, TABLE).text(3, chain);
	const flush = new Body(HEADERS[family]).text(1, TABLE).text(2, chain);
	const messages = [
		message(
			`make the chain ${chain} in docker's table ${family} ${TABLE}`,
			typeOf(NFT_MSG_NEWCHAIN),
			NLM_F_CREATE,
			make,
		),
		message(`empty the chain ${chain}`, typeOf(NFT_MSG_DELRULE), 0, flush),
	];
	for (const { text, key, name, verdict } of rulesOf(bridges))
		messages.push(
			addRule(family, chain, text, [meta(key), compare("equal", pattern(name)), count, verdict], NLM_F_APPEND),
		);
	if (!isCalled) messages.push(addRule(family, DOCKER_USER, `jump ${chain}`, [count, jump(chain)], 0));
	return messages;
}

/** What is to be done in docker's tables of a family; nothing where all is there. */
export function dockerDifference(family: DockerFamily, chain: string, bridges: readonly string[]): Message[] {
	const socket = openNetlink(NETLINK_NETFILTER);
	try {
		const calls = rulesIn(socket, family, DOCKER_USER).filter((rule) => rule.includes(`${chain}\0`));
		const there = rulesIn(socket, family, chain);
		const wanted = rulesOf(bridges);
		const isRight =
			there.length === wanted.length &&
			wanted.every(({ name }, at) => there[at]?.includes(decodeText(pattern(name)).replace(/\0+$/, "\0")));
		if (isRight && calls.length > 0) return [];
		return dockerMessages(family, chain, bridges, calls.length > 0);
	} finally {
		close(socket);
	}
}

/** Rules of a chain as text of their bytes: enough to find a name in them. */
function rulesIn(socket: number, family: DockerFamily, chain: string): string[] {
	const body = new Body(HEADERS[family]).text(1, TABLE).text(2, chain).content;
	const request = encode({ type: typeOf(NFT_MSG_GETRULE), flags: NLM_F_DUMP, body }, 0);
	const rules = ask(`read the rules of ${chain}`, socket, request);
	return rules.map((rule) => new TextDecoder("latin1").decode(rule.body));
}
