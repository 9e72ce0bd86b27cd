/**
 * The values of -p and --expose, in docker's grammar (docker/go-connections,
 * nat.ParsePortSpec; docker/cli, convertToStandardNotation). Loaded where one is given.
 */

import type { Protocol, PublishOption } from "../network/network.ts";
import { formatAddress, parseAddress } from "../network/network.ts";
import { malformed } from "./usage.ts";

type Range = [first: number, last: number];

/**
 * All `-p` of a command line: `[[IP:][HOST[-HOST]]:]PORT[-PORT][/PROTOCOL]`, or
 * `target=PORT,published=HOST,protocol=PROTOCOL`.
 * @throws Failure (125)
 */
export function parsePublished(typed: readonly string[]): PublishOption[] {
	return typed.flatMap((text) => parseShort(text.includes("=") ? shortForm(text) : text));
}

/** docker's modes are swarm's: on one host they mean the same. */
const MODES = ["host", "ingress"];

/** The long form → the short one, as docker's client sends it on. */
function shortForm(text: string): string {
	const fields: Record<string, string> = { protocol: "tcp", published: "", target: "" };
	for (const field of text.split(",")) {
		const [, name, value = ""] = /^([^=]+)=(.*)$/s.exec(field) ?? [];
		if (name === undefined) throw malformed(`invalid publish opts format (should be name=value but got '${field}')`);
		if (name === "mode" && !MODES.includes(value))
			throw malformed(`invalid publish mode value (${value}): host or ingress is expected`);
		if (name !== "mode" && !Object.hasOwn(fields, name)) throw malformed(`invalid field key: ${name}`);
		fields[name] = value;
	}
	return `${fields.published}:${fields.target}/${fields.protocol}`;
}

function parseShort(text: string): PublishOption[] {
	const parts = text.split(":");
	const [ports = "", protocol] = splitProtocol(parts.pop() as string);
	const onHost = parts.pop() ?? "";
	if (ports === "") throw malformed(`no port specified: ${text}<empty>`);
	const address = parts.length > 0 ? parseHostAddress(parts.join(":")) : undefined;
	const inside = parseRange(ports);
	const outside = onHost === "" ? undefined : parseRange(onHost);
	if (inside === undefined || inside[0] === 0) throw malformed(`invalid containerPort: ${ports}`);
	if (onHost !== "" && outside === undefined) throw malformed(`invalid hostPort: ${onHost}`);
	const count = inside[1] - inside[0] + 1;
	if (outside && count > 1 && outside[1] - outside[0] + 1 !== count)
		throw malformed(`invalid ranges specified for container and host Ports: ${ports} and ${onHost}`);
	return Array.from({ length: count }, (_, index) => {
		const host = hostPort(outside, count, index);
		return { protocol, port: inside[0] + index, ...(address && { address }), ...(host && { host }) };
	});
}

/** The port of the host for the index-th of `count` ports; undefined (0 too): one that the kernel picks. */
function hostPort(range: Range | undefined, count: number, index: number): PublishOption["host"] {
	if (!range) return undefined;
	return count === 1 && range[0] !== range[1] ? range : range[0] + index || undefined;
}

/** `80/UDP` → `80`, `udp` */
function splitProtocol(text: string): [ports: string, protocol: Protocol] {
	const slash = text.indexOf("/");
	const protocol = slash < 0 ? "tcp" : text.slice(slash + 1).toLowerCase() || "tcp";
	if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") throw malformed(`invalid proto: ${protocol}`);
	return [slash < 0 ? text : text.slice(0, slash), protocol];
}

/** An address of the host, an IPv6 one with or without brackets; "" is all of them. */
function parseHostAddress(text: string): string | undefined {
	if (text === "") return undefined;
	const address = parseAddress(/^\[(.*)\]$/s.exec(text)?.[1] ?? text);
	if (!address) throw malformed(`invalid IP address: ${text}`);
	return formatAddress(address);
}

/** `80`, `8000-8010` */
function parseRange(text: string): Range | undefined {
	const [, first, last = first] = /^([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(text) ?? [];
	const range: Range = [Number(first), Number(last)];
	return range[0] <= range[1] && range[1] <= 65535 ? range : undefined;
}

/**
 * `--expose`: `8000-8001/udp` → `8000/udp`, `8001/udp`.
 * @throws Failure (125)
 */
export function parseExposed(typed: readonly string[]): string[] {
	return [...new Set(typed.flatMap(parseExpose))];
}

function parseExpose(text: string): string[] {
	if (text.includes(":")) throw malformed(`invalid port format for --expose: ${text}`);
	const [ports, protocol] = splitProtocol(text);
	const range = parseRange(ports);
	if (!range) throw malformed(`invalid range format for --expose: ${text}: PORT[-PORT][/tcp|udp|sctp] is expected`);
	return Array.from({ length: range[1] - range[0] + 1 }, (_, index) => `${range[0] + index}/${protocol}`);
}
