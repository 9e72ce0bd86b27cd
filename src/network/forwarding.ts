/**
 * Whether the kernel passes packets on between interfaces. Networks need it;
 * a host that was no router becomes none by it: interfaces that were there
 * before are noted, and the firewall forwards nothing between two of these
 * (docker drops all that is not its own instead, others' bridges included).
 */

import { readFile, readFileIfThere, writeFile } from "../../ffi/file.ts";
import { Failure } from "../failure.ts";
import type { Network } from "./table.ts";

const FORWARD = { 4: "/proc/sys/net/ipv4/ip_forward", 6: "/proc/sys/net/ipv6/conf/all/forwarding" } as const;

const textOf = (file: string) => new TextDecoder().decode(readFileIfThere(file) ?? new Uint8Array()).trim();

/** Families that these networks need to have forwarded. */
function families(networks: readonly Network[]): (4 | 6)[] {
	const needed: (4 | 6)[] = [];
	const outward = networks.filter(({ options }) => !options.internal);
	if (outward.some(({ options }) => !options.noIpv4)) needed.push(4);
	if (outward.some(({ options }) => options.ipv6)) needed.push(6);
	return needed;
}

/** Interfaces that packets would be forwarded between if it were switched on now: `FAMILY NAME`. */
export function newStrangers(networks: readonly Network[], bridges: readonly string[]): string[] {
	const off = families(networks).filter((family) => textOf(FORWARD[family]) === "0");
	if (off.length === 0) return [];
	const names = interfaces().filter((name) => name !== "lo" && !bridges.includes(name));
	return off.flatMap((family) => names.map((name) => `${family} ${name}`));
}

/** Names of the interfaces of our network namespace; /sys/class/net may be another's. */
function interfaces(): string[] {
	const lines = new TextDecoder().decode(readFile("/proc/net/dev")).split("\n").slice(2);
	return lines.flatMap((line) => line.slice(0, line.indexOf(":")).trim() || []);
}

/** Switches on what these networks need. @throws Failure */
export function forward(networks: readonly Network[]): void {
	for (const family of families(networks)) {
		if (textOf(FORWARD[family]) !== "0") continue;
		if (family === 6) keepRouters();
		set(`switch on forwarding of IPv${family} (${FORWARD[family]})`, FORWARD[family], "1");
	}
}

/** A host that forwards IPv6 listens no longer to routers, and loses its own way out, unless told twice (ip-sysctl, accept_ra). */
function keepRouters(): void {
	for (const name of interfaces()) {
		const file = `/proc/sys/net/ipv6/conf/${name}/accept_ra`;
		if (textOf(file) === "1") set(`let ${name} go on listening to IPv6 routers (${file})`, file, "2");
	}
}

function set(what: string, file: string, value: string): void {
	try {
		writeFile(file, value);
	} catch (error) {
		throw new Failure(`${what}: ${(error as Error).message}`, { cause: error });
	}
}
