/**
 * Our rules in docker's tables: where docker has FORWARD drop what is not its
 * own, its chain DOCKER-USER is where its users accept something before. A
 * chain of ours is called from there. It lets in what is for our bridges, since
 * our own table judges that, and lets out what is not for docker's bridges,
 * which docker goes on to judge. iptables lists these rules as its own.
 */

import { close } from "../../ffi/file.ts";
import { ask, NETLINK_NETFILTER, NLM_F_DUMP, openNetlink } from "../../ffi/netlink.ts";
import { decodeText, encodeText } from "../../ffi/text.ts";
import { encode, type Message, message, nftablesType } from "../kernel/netlink.ts";
import { addChain, addRule, bodyOf, compare, decide, type Expression, meta, type Table } from "../kernel/nftables.ts";
import { count, interfaceName, jump, leave } from "./expression.ts";

const NFT_MSG_GETRULE = 7;
const NFT_MSG_DELRULE = 8;

export type DockerFamily = "ip" | "ip6";

const tableOf = (family: DockerFamily): Table => ({ family, name: "filter" });
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

const allow = (family: DockerFamily, chain: string, text: string, expressions: Expression[], flags?: number) =>
	addRule(
		tableOf(family),
		chain,
		`let docker's firewall pass our networks: ${family} filter ${chain} ${text}`,
		expressions,
		flags,
	);

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
	const table = tableOf(family);
	const flush = bodyOf(table).text(2, chain);
	const messages = [
		addChain(table, chain, `make the chain ${chain} in docker's table ${family} filter`),
		message(`empty the chain ${chain}`, nftablesType(NFT_MSG_DELRULE), 0, flush),
	];
	for (const { text, key, name, verdict } of rulesOf(bridges))
		messages.push(allow(family, chain, text, [meta(key), compare("equal", pattern(name)), count, verdict]));
	if (!isCalled) messages.push(allow(family, DOCKER_USER, `jump ${chain}`, [count, jump(chain)], 0));
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
	const body = bodyOf(tableOf(family)).text(2, chain).content;
	const request = encode({ type: nftablesType(NFT_MSG_GETRULE), flags: NLM_F_DUMP, body }, 0);
	const rules = ask(`read the rules of ${chain}`, socket, request);
	return rules.map((rule) => new TextDecoder("latin1").decode(rule.body));
}
