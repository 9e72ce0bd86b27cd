/**
 * How a container is attached to one network: the value of --network, and of
 * the flags that `run` has in common with `network connect`, in docker's grammar
 * (docker/cli, opts/network.go, opts/opts.go). Loaded where one is given.
 */

import { type EndpointOption, formatAddress, parseAddress } from "../network/network.ts";
import { csvFields } from "../text/csv.ts";
import { malformed } from "./usage.ts";

/** Networks that nobody made: on these no names, aliases or addresses of the user's choice are. */
const PREDEFINED = ["default", "bridge", "host", "none"];

/** True of a network that somebody has made (docker: NetworkMode.IsUserDefined). */
export const isUserDefined = (network: string): boolean =>
	!PREDEFINED.includes(network) && !network.startsWith("container:");

/**
 * The value of --network: a name, or `name=NAME,alias=…,ip=…`. Values keep their
 * case, which docker lowers (a network named Web is not found by `name=Web` there).
 * @throws Failure (125)
 */
export function parseAttachment(text: string): EndpointOption {
	if (!/\w=\w/.test(text)) return { network: named(text) };
	const fields = csvFields(text);
	if (!fields) throw malformed(`invalid --network ${text}: a quotation mark is out of place`);
	const option: EndpointOption = { network: "" };
	for (const field of fields) readField(option, field);
	if (option.network === "") throw malformed("network name/id is not specified");
	return option;
}

function named(text: string): string {
	if (text.trim() === "") throw malformed("no name set for network");
	return text;
}

function readField(option: EndpointOption, field: string): void {
	const [, typed, rest = ""] = /^([^=]+)=(.*)$/s.exec(field) ?? [];
	if (typed === undefined) throw malformed(`invalid field ${field}`);
	const name = typed.trim().toLowerCase();
	const value = rest.trim();
	if (name === "name") option.network = value;
	else if (name === "alias") option.aliases = [...(option.aliases ?? []), value];
	else if (name === "ip") option.address = parseIp(4, value);
	else if (name === "ip6") option.address6 = parseIp(6, value);
	else if (name === "mac-address") option.mac = parseMac(value);
	else if (name === "link-local-ip") option.linkLocal = [...(option.linkLocal ?? []), parseLinkLocal(value)];
	else if (name === "driver-opt") option.driverOptions = { ...option.driverOptions, ...parseDriverOption(value) };
	else if (name === "gw-priority") option.gatewayPriority = parsePriority(value);
	else throw malformed(`invalid field key ${name}`);
}

/** @returns the address in its canonical form */
export function parseIp(family: 4 | 6, text: string): string {
	const address = parseAddress(text);
	if (address?.family === family) return formatAddress(address);
	throw malformed(`invalid IPv${family} address: ${text}`);
}

export function parseLinkLocal(text: string): string {
	const address = parseAddress(text);
	if (address) return formatAddress(address);
	throw malformed(`invalid link-local IP address: ${text}`);
}

/** `92:D0:c6:0a:29:33`, `92-d0-…`, `92d0.c60a.2933` → the first, in lower case (Go's net.ParseMAC, of Ethernet's six bytes). */
export function parseMac(text: string): string {
	const mac = text.trim().toLowerCase();
	if (!/^([0-9a-f]{2}(:[0-9a-f]{2}){5}|[0-9a-f]{2}(-[0-9a-f]{2}){5}|[0-9a-f]{4}(\.[0-9a-f]{4}){2})$/.test(mac))
		throw malformed(`${text} is not a valid mac address`);
	return (mac.replace(/[:.-]/g, "").match(/../g) ?? []).join(":");
}

/** `KEY=VALUE` → an object with this one member. */
export function parseDriverOption(text: string): Record<string, string> {
	const [, name, value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
	if (name === undefined) throw malformed("invalid key value pair format in driver options");
	return { [name.trim().toLowerCase()]: value.trim() };
}

function parsePriority(text: string): number {
	if (/^[+-]?[0-9]{1,9}$/.test(text)) return Number(text);
	throw malformed(`invalid gw-priority (${text}): a whole number is expected`);
}

/** `CONTAINER[:ALIAS]`, as typed. */
export function parseLink(text: string): string {
	if (text === "") throw malformed("empty string specified for links");
	if (text.split(":").length > 2) throw malformed(`bad format for links: ${text}`);
	return text;
}
