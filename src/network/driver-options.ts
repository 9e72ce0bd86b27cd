/**
 * The options of each driver: which there are, and what their values may be
 * (moby, libnetwork/drivers, labels.go and *_network.go). docker passes over
 * one that it does not know; here it is an error, and so is one of docker's
 * that is not done yet. Pure.
 */

import { Failure } from "../failure.ts";
import { parseAddress } from "./address.ts";
import { OPTION, truthOf } from "./option-names.ts";

/** Says what is wrong with a value; undefined: nothing. */
type Check = (value: string, network: { internal: boolean }) => string | undefined;

const yesOrNo: Check = (value) => (truthOf(value) === undefined ? "true or false is expected" : undefined);

const oneOf =
	(...words: readonly string[]): Check =>
	(value) =>
		words.includes(value) ? undefined : `one of ${words.join(", ")} is expected`;

const number: Check = (value) => {
	if (!/^[0-9]{1,5}$/.test(value) || Number(value) > LARGEST_MTU) return `a number up to ${LARGEST_MTU} is expected`;
	return Number(value) > 0 && Number(value) < LEAST_MTU ? `no frame is smaller than ${LEAST_MTU}` : undefined;
};
/** ETH_MIN_MTU; 0 is the kernel's standard, as for docker. */
const LEAST_MTU = 68;
const LARGEST_MTU = 65535;

const address4: Check = (value) => (parseAddress(value)?.family === 4 ? undefined : "an IPv4 address is expected");

/** A name that the kernel takes (dev_valid_name); `%` would make it number them. */
export const isInterfaceName = (name: string): boolean =>
	/^[^\s/:%\0]{1,15}$/.test(name) && name !== "." && name !== ".." && new TextEncoder().encode(name).length <= 15;

const interfaceName: Check = (value) =>
	isInterfaceName(value) ? undefined : "an interface's name has 1 to 15 bytes, none of them a blank, /, : or %";

/** Room for a number behind it. */
const prefix: Check = (value) =>
	/^[a-zA-Z][a-zA-Z0-9._-]{0,11}$/.test(value) ? undefined : "1 to 12 letters and digits are expected";

const notYet: Check = () => "not supported yet";

const gatewayMode: Check = (value, { internal }) => {
	if (value === "nat") return undefined;
	if (value === "isolated") return internal ? undefined : "isolated is for an --internal network only";
	if (value === "routed" || value === "nat-unprotected") return `${value} is not supported yet: nat and isolated are`;
	return "one of nat, isolated is expected";
};

const parent: Check = (value) => {
	if (value === "lo") return "the loopback interface cannot be a parent";
	return interfaceName(value, { internal: false });
};

const BRIDGE: Record<string, Check> = {
	[OPTION.name]: interfaceName,
	[OPTION.icc]: yesOrNo,
	[OPTION.masquerade]: yesOrNo,
	[OPTION.binding]: address4,
	[OPTION.gatewayMode4]: gatewayMode,
	[OPTION.gatewayMode6]: gatewayMode,
	[OPTION.mtu]: number,
	[OPTION.prefix]: prefix,
};

/** docker's that are refused, with the reason. */
const REFUSED: Record<string, Check> = {
	"com.docker.network.bridge.inhibit_ipv4": notYet,
	"com.docker.network.bridge.trusted_host_interfaces": notYet,
	"com.docker.network.host_ipv4": notYet,
	"com.docker.network.host_ipv6": notYet,
	"com.docker.network.bridge.default_bridge": () => "there is one default bridge, the network bridge",
	"com.docker.network.enable_ipv4": () => "--ipv4 says it",
	"com.docker.network.enable_ipv6": () => "--ipv6 says it",
};

const DRIVERS: Record<string, Record<string, Check>> = {
	bridge: BRIDGE,
	macvlan: { parent, macvlan_mode: oneOf("bridge", "private", "passthru", "vepa") },
	ipvlan: { parent, ipvlan_mode: oneOf("l2", "l3", "l3s"), ipvlan_flag: oneOf("bridge", "private", "vepa") },
};

/** Drivers of networks that users make. */
export type Driver = "bridge" | "macvlan" | "ipvlan";

/** @throws Failure for a driver of which no network can be made */
export function checkDriver(driver: string): Driver {
	if (Object.hasOwn(DRIVERS, driver)) return driver as Driver;
	if (driver === "host" || driver === "null" || driver === "none")
		throw new Failure(`there is only one network of the driver ${driver}, and it is there`);
	if (driver === "overlay") throw new Failure("the driver overlay is not supported (bunker runs on one host)");
	throw new Failure(`unknown network driver "${driver}": bridge, macvlan and ipvlan are known`);
}

/** @throws Failure for an option that the driver does not know, or its value */
export function checkDriverOptions(
	driver: Driver,
	options: Readonly<Record<string, string>>,
	network: { internal: boolean },
): void {
	const known = DRIVERS[driver] as Record<string, Check>;
	const all = driver === "bridge" ? { ...known, ...REFUSED } : known;
	for (const [name, value] of Object.entries(options)) {
		const check = Object.hasOwn(all, name) ? all[name] : undefined;
		if (!check)
			throw new Failure(`the driver ${driver} has no option "${name}"`, {
				hint: `its options are ${Object.keys(known).join(", ")}`,
			});
		const wrong = check(value, network);
		if (wrong) throw new Failure(`-o ${name}=${value}: ${wrong}`);
	}
}
