/** The subnets that `network create` asks for: lists of flags → one entry a subnet, and what may be in it. Pure. */

import { EXIT, Failure } from "../failure.ts";
import {
	type Address,
	type Cidr,
	contains,
	formatAddress,
	formatCidr,
	overlaps,
	parseAddress,
	parseCidr,
} from "./address.ts";
import { firstFree, isUsable } from "./bitmap.ts";
import type { SubnetOption } from "./options.ts";
import type { Subnet } from "./table.ts";

/** What flags name, in their order; which gateway is of which subnet follows from the addresses. */
export interface SubnetFlags {
	subnets: readonly string[];
	gateways: readonly string[];
	ranges: readonly string[];
	/** `--aux-address NAME=IP` */
	reserved: Readonly<Record<string, string>>;
}

/** A subnet to be made. */
export type NewSubnet = Pick<Subnet, "cidr" | "gateway" | "range" | "reserved">;

/**
 * Puts gateways, ranges and reserved addresses to the subnets that they are in.
 * @throws Failure for what is in none, or is no address at all
 */
export function pairSubnets({ subnets, gateways, ranges, reserved }: SubnetFlags): SubnetOption[] {
	const options = subnets.map((subnet): SubnetOption => ({ subnet }));
	const cidrs = subnets.map(networkOf);
	cidrs.forEach((cidr, index) => {
		const other = cidrs.slice(0, index).find((earlier) => overlaps(earlier, cidr));
		if (other) throw new Failure(`the subnets ${formatCidr(other)} and ${formatCidr(cidr)} overlap`);
	});
	const of = (what: string, typed: string, inner: Address): SubnetOption => {
		const found = options[cidrs.findIndex((cidr) => contains(cidr, { ...inner, prefix: undefined }))];
		if (!found) throw new Failure(`no subnet for the ${what} ${typed}: --subnet names the one that it is in`);
		return found;
	};
	for (const range of ranges) {
		const option = of("ip-range", range, rangeOf(range));
		if (option.range !== undefined) throw twice("ip-range", option.range, range, option);
		option.range = range;
	}
	for (const gateway of gateways) {
		const option = of("gateway", gateway, addressOf("gateway", gateway));
		if (option.gateway !== undefined) throw twice("gateway", option.gateway, gateway, option);
		option.gateway = gateway;
	}
	for (const [name, address] of Object.entries(reserved)) {
		const option = of("auxiliary address", address, addressOf("auxiliary address", address));
		option.reserved = { ...option.reserved, [name]: address };
	}
	return options;
}

const twice = (what: string, one: string, other: string, { subnet }: SubnetOption): Failure =>
	new Failure(`${one} and ${other} are both the ${what} of the subnet ${subnet}: it has one`);

/** What docker's client does not take as the value of a flag. */
const malformed = (message: string): Failure => new Failure(message, { exitCode: EXIT.refused });

/** A CIDR whose address is the network's own. */
function networkOf(text: string): Cidr {
	const cidr = parseCidr(text);
	if (!cidr) throw new Failure(`invalid subnet ${text}: an address and a length are expected, as in 10.1.2.0/24`);
	if (parseAddress(text.slice(0, text.indexOf("/")))?.value !== cidr.value)
		throw new Failure(`invalid subnet ${text}: it should be ${formatCidr(cidr)}`);
	return cidr;
}

function rangeOf(text: string): Cidr {
	const cidr = parseCidr(text);
	if (!cidr) throw malformed(`invalid ip-range ${text}: an address and a length are expected, as in 10.1.2.0/24`);
	if (parseAddress(text.slice(0, text.indexOf("/")))?.value !== cidr.value)
		throw new Failure(`invalid ip-range ${text}: it should be ${formatCidr(cidr)}`);
	return cidr;
}

function addressOf(what: string, text: string): Address {
	const address = parseAddress(text);
	const wrong = `invalid ${what} ${text}: an IP address is expected`;
	if (!address) throw what === "gateway" ? malformed(wrong) : new Failure(wrong);
	return address;
}

/** fe80::/64 is every interface's own (moby, validateIPv6Subnet). */
const LINK_LOCAL = parseCidr("fe80::/10") as Cidr;
/** Where no host can be. */
const NO_HOSTS = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "::/127", "ff00::/8"].map(
	(text) => parseCidr(text) as Cidr,
);

/**
 * A subnet as it is stored: canonical, its gateway chosen where none was named.
 * @param options.hasGateway false: nobody of ours is its gateway
 * @throws Failure for what does not fit into it
 */
export function settleSubnet(option: SubnetOption, options: { hasGateway: boolean }): NewSubnet {
	const cidr = networkOf(option.subnet as string);
	const whole = formatCidr(cidr);
	const bad = NO_HOSTS.find((other) => overlaps(cidr, other));
	if (bad) throw new Failure(`invalid subnet ${whole}: ${formatCidr(bad)} is not for hosts`);
	if (overlaps(cidr, LINK_LOCAL))
		throw new Failure(`invalid subnet ${whole}: link-local addresses are every link's own`);
	const range = option.range === undefined ? null : settleRange(option.range, cidr);
	const reserved: Record<string, string> = {};
	const subnet: Subnet = { id: 0, network: "", cidr: whole, gateway: null, range, reserved };
	for (const [name, text] of Object.entries(option.reserved ?? {}))
		reserved[name] = settleAddress("auxiliary address", text, subnet);
	const gateway = option.gateway === undefined ? undefined : settleAddress("gateway", option.gateway, subnet);
	for (const [name, address] of Object.entries(reserved))
		if (address === gateway) throw new Failure(`the auxiliary address ${name}=${address} is the gateway's`);
	return { cidr: whole, gateway: gateway ?? (options.hasGateway ? gatewayOf(subnet) : null), range, reserved };
}

/** docker takes the first address of the range, and of the subnet without one (libnetwork/ipams/defaultipam). */
function gatewayOf(subnet: Subnet): string {
	const gateway = firstFree(subnet, []);
	if (gateway === undefined) throw new Failure(`no address is left for a gateway in ${subnet.range ?? subnet.cidr}`);
	return gateway;
}

function settleRange(text: string, cidr: Cidr): string {
	const range = rangeOf(text);
	if (!contains(cidr, range)) throw new Failure(`invalid ip-range ${text}: it is not within ${formatCidr(cidr)}`);
	return formatCidr(range);
}

function settleAddress(what: string, text: string, subnet: Subnet): string {
	const address = addressOf(what, text);
	const cidr = parseCidr(subnet.cidr) as Cidr;
	if (!contains(cidr, address)) throw new Failure(`invalid ${what} ${text}: it is not in the subnet ${subnet.cidr}`);
	if (!isUsable(subnet, address)) throw new Failure(`invalid ${what} ${text}: no host can have it in ${subnet.cidr}`);
	return formatAddress(address);
}
