/**
 * `network create`: a network's rows. Nothing is made on the host before its
 * first container starts, but what cannot be made then is refused now.
 */

import { now } from "../clock.ts";
import { Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { type Cidr, formatCidr, overlaps, parseCidr } from "./address.ts";
import { bridgeName } from "./bridge.ts";
import { checkDriver, checkDriverOptions, type Driver } from "./driver-options.ts";
import { recordNetwork } from "./events.ts";
import { hostLinks, type Link } from "./host.ts";
import { generateId } from "./joining.ts";
import { OPTION } from "./option-names.ts";
import type { NetworkOptions, SubnetOption } from "./options.ts";
import { hostRoutes, type Pool, pick, poolsOf, type Route } from "./pool.ts";
import { sweepBridges } from "./remove.ts";
import { type NewSubnet, settleSubnet } from "./subnets.ts";
import { all, byName, DEFAULT_NETWORK, isPredefined, type Network } from "./table.ts";

/** What is asked of a new network. */
export interface NewNetwork {
	name: string;
	driver: string;
	subnets: SubnetOption[];
	options: NetworkOptions;
}

/** What the host has that may be in the way. */
interface Host {
	routes: Route[];
	links: Link[];
}

/**
 * Makes a network.
 * @returns its id
 * @throws Failure where it cannot be, with nothing made
 */
export async function create(store: Store, asked: NewNetwork): Promise<string> {
	checkName(asked.name);
	const driver = checkDriver(asked.driver);
	const { driverOptions = {}, internal = false } = asked.options;
	checkDriverOptions(driver, driverOptions, { internal });
	checkFamilies(asked);
	const subnets = asked.subnets.map((subnet) =>
		settleSubnet(subnet, { hasGateway: hasGateway(driver, asked, subnet) }),
	);
	await sweepBridges(store);
	const host = { routes: hostRoutes(), links: hostLinks() };
	const id = generateId();
	const named = driver === "bridge" ? driverOptions[OPTION.name] : undefined;
	const options = { ...asked.options, ...(named !== undefined && { interface: named }) };
	const network: Network = { id, name: asked.name, driver, created: now(), options };
	store.transaction(() => {
		if (byName(store, network.name)) throw new Failure(`network with name ${network.name} already exists`);
		if (driver === "bridge") checkBridge(store, network, host.links);
		else if (makesParent(store, network, host.links)) network.options.madeParent = true;
		for (const { cidr } of subnets) checkFree(store, parseCidr(cidr) as Cidr, driver, host);
		const whole = [...subnets, ...pickSubnets(store, asked, driver, subnets, host)];
		// docker's order in `inspect`, and what a container's MAC address is made of.
		const isSix = ({ cidr }: NewSubnet) => cidr.includes(":");
		insert(store, network, [...whole.filter((subnet) => !isSix(subnet)), ...whole.filter(isSix)]);
		recordNetwork(store, network, "create");
	});
	announce(store);
	return id;
}

/** docker takes any that is not blank; what `--network` could not name is refused here. */
function checkName(name: string): void {
	if (isPredefined(name) || name === "default")
		throw new Failure(`operation is not permitted on predefined ${name} network`);
	if (name.trim() === "") throw new Failure(`invalid network name "${name}": it is empty`);
	if (/^\s|\s$|[\p{Cc},=]/u.test(name) || name.startsWith("container:"))
		throw new Failure(
			`invalid network name "${name}": --network could not name it (no comma, =, control character, blank at an end, or container: in front)`,
		);
}

function checkFamilies({ subnets, options: { noIpv4, ipv6 } }: NewNetwork): void {
	if (noIpv4 && !ipv6) throw new Failure("IPv4 or IPv6 must be enabled");
	for (const { subnet = "" } of subnets) {
		const isSix = subnet.includes(":");
		if (isSix && !ipv6) throw new Failure(`the subnet ${subnet} is one of IPv6: --ipv6 is needed`);
		if (!isSix && noIpv4) throw new Failure(`the subnet ${subnet} is one of IPv4, and --ipv4=false excludes it`);
	}
}

/** An isolated network's bridge has no address; a macvlan's or ipvlan's gateway is another machine, if it has a way out at all. */
function hasGateway(driver: Driver, { options }: NewNetwork, { subnet = "" }: SubnetOption): boolean {
	if (driver !== "bridge") return !options.internal;
	const mode = options.driverOptions?.[subnet.includes(":") ? OPTION.gatewayMode6 : OPTION.gatewayMode4];
	return mode !== "isolated";
}

/** The name of its bridge is nobody's yet. */
function checkBridge(store: Store, network: Network, links: readonly Link[]): void {
	const name = bridgeName(network);
	const other = all(store).find((one) => one.driver === "bridge" && bridgeName(one) === name);
	if (other) throw new Failure(`the bridge ${name} is that of the network ${other.name}`);
	const link = links.find((one) => one.name === name);
	if (!link) return;
	throw new Failure(`the host has an interface ${name} already${link.kind ? `, a ${link.kind}` : ""}`, {
		hint: `-o ${OPTION.name}=NAME gives the bridge another name`,
	});
}

/**
 * Its parent is there: `eth0`, or `eth0.10`, a VLAN of it that is made when it is needed.
 * @returns true if we make it, or have made it for another network
 * @throws Failure where it cannot be had
 */
function makesParent(store: Store, { driver, options }: Network, links: readonly Link[]): boolean {
	const { parent, macvlan_mode: mode } = options.driverOptions ?? {};
	if (parent === undefined) return false;
	const vlan = /^(.+)\.([0-9]{1,4})$/.exec(parent);
	const isThere = (name: string) => links.some((link) => link.name === name);
	const canBeMade = vlan && isThere(vlan[1] as string) && Number(vlan[2]) >= 1 && Number(vlan[2]) <= 4094;
	if (!isThere(parent) && !canBeMade) throw new Failure(`-o parent=${parent}: the host has no such interface`);
	let isOurs = !isThere(parent);
	for (const other of all(store)) {
		if (other.options.driverOptions?.parent !== parent) continue;
		isOurs ||= other.options.madeParent === true;
		if (other.driver !== driver)
			throw new Failure(
				`-o parent=${parent}: the ${other.driver} network ${other.name} has it, and it serves one driver`,
			);
		if (mode === "passthru" || other.options.driverOptions.macvlan_mode === "passthru")
			throw new Failure(`-o parent=${parent}: the network ${other.name} has it, and passthru shares it with nobody`);
	}
	return isOurs;
}

/** @throws Failure with what the subnet collides with. The parent of a macvlan is on that subnet, as it should be. */
function checkFree(store: Store, cidr: Cidr, driver: Driver, { routes, links }: Host): void {
	const collision = (what: string) => new Failure(`the subnet ${formatCidr(cidr)} collides with ${what}`);
	for (const { cidr: other, name } of subnetsWithNames(store))
		if (overlaps(parseCidr(other) as Cidr, cidr)) throw collision(`${other} of the network ${name}`);
	if (driver !== "bridge") return;
	const route = routes.find((one) => overlaps(one, cidr));
	if (!route) return;
	const device = links.find(({ index }) => index === route.device)?.name;
	throw collision(`the host's route to ${formatCidr(route)}${device === undefined ? "" : ` by way of ${device}`}`);
}

const subnetsWithNames = (store: Store): { cidr: string; name: string }[] =>
	store.all("SELECT cidr, name FROM subnet JOIN network ON network.id = subnet.network");

/** One of each family that nothing was asked of. */
function pickSubnets(
	store: Store,
	asked: NewNetwork,
	driver: Driver,
	given: readonly NewSubnet[],
	{ routes }: Host,
): NewSubnet[] {
	const wanted = ([4, 6] as const).filter((family) => {
		const enabled = family === 4 ? !asked.options.noIpv4 : asked.options.ipv6;
		return enabled && !given.some(({ cidr }) => cidr.includes(":") === (family === 6));
	});
	const known = [...subnetsWithNames(store), ...given].map(({ cidr }) => parseCidr(cidr) as Cidr);
	return wanted.map((family) => {
		const picked = pick(family === 4 ? poolsOf(4) : pools6(store), [...routes, ...known]);
		if (!picked) throw exhausted(store, family);
		const option = { subnet: formatCidr(picked) };
		return settleSubnet(option, { hasGateway: hasGateway(driver, asked, option) });
	});
}

/**
 * The configured ones; without any, this engine's own 65536 networks (RFC 4193):
 * the forty random bits are the last of the default network's id, made once.
 */
function pools6(store: Store): Pool[] {
	const configured = poolsOf(6);
	if (configured.length > 0) return configured;
	const global = (byName(store, DEFAULT_NETWORK) as Network).id.slice(-10);
	return [{ base: `fd${global.slice(0, 2)}:${global.slice(2, 6)}:${global.slice(6)}::/48`, size: 64 }];
}

function exhausted(store: Store, family: 4 | 6): Failure {
	const unused = store.all<{ name: string }>(
		`SELECT name FROM network WHERE driver NOT IN ('host', 'null') AND name <> ?
		 AND NOT EXISTS (SELECT 1 FROM endpoint WHERE network = network.id AND endpoint.id NOT NULL) ORDER BY name`,
		DEFAULT_NETWORK,
	);
	const names = unused.map(({ name }) => name).join(", ");
	return new Failure(`no free IPv${family} subnet is left in the pools`, {
		hint:
			unused.length > 0
				? `nobody uses ${names}: 'bunker network prune' removes ${unused.length === 1 ? "it" : "them"}; or give --subnet`
				: "give --subnet, or more pools (default-address-pools in config.json)",
	});
}

function insert(store: Store, { id, name, driver, created, options }: Network, subnets: readonly NewSubnet[]): void {
	store.run(
		"INSERT INTO network (id, name, driver, created, options) VALUES (?, ?, ?, ?, ?)",
		id,
		name,
		driver,
		created,
		JSON.stringify(options),
	);
	for (const { cidr, gateway, range, reserved } of subnets)
		store.run(
			"INSERT INTO subnet (network, cidr, gateway, range, reserved) VALUES (?, ?, ?, ?, ?)",
			id,
			cidr,
			gateway,
			range,
			JSON.stringify(reserved),
		);
}
