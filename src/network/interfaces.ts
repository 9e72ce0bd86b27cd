/** What is made of a container's part in a network, inside its network namespace. Pure. */

import { EXIT, Failure } from "../failure.ts";
import type { Message } from "../kernel/netlink.ts";
import { bridgeName, mtuOf } from "./bridge.ts";
import type { Endpoint } from "./endpoint.ts";
import { addAddress, addShared, addVeth, type Given, isolatePort, raiseLink, setDefaultRoute } from "./link.ts";
import { isOff, OPTION } from "./option-names.ts";
import type { Setting } from "./setting.ts";

/** docker 28: settings of this interface, `net.ipv4.conf.IFNAME.log_martians=1,…` */
const SYSCTLS = "com.docker.network.endpoint.sysctls";

/** Makes the interface, and its end on the bridge what that has to be. */
export function interfaceMessages(endpoint: Endpoint, namespace: number): Message[] {
	const made = interfaceMessage(endpoint, namespace);
	if (endpoint.shared || !isOff(endpoint.network, OPTION.icc)) return [made];
	return [made, isolatePort(endpoint.outside)];
}

/** Makes the interface. @param namespace descriptor of the container's network namespace */
export function interfaceMessage(endpoint: Endpoint, namespace: number): Message {
	const { network, interface: name, mac, outside } = endpoint;
	if (endpoint.shared) return addShared(endpoint.shared, namespace);
	return addVeth(outside, bridgeName(network), { name, mac, mtu: mtuOf(network) }, namespace);
}

/**
 * Settings of the interface, written before it is up. Without an IPv6 address it
 * has no IPv6 at all (docker: else whoever is on the wire could give it one by a
 * router advertisement); with one, it takes none from strangers on a bridge.
 */
export function interfaceSettings({ network, interface: name, addresses, asked }: Endpoint): Setting[] {
	const has6 = addresses.filter(({ family }) => family === 6).length > 0;
	const settings: Setting[] = [
		{
			what: `switch IPv6 ${has6 ? "on" : "off"} on ${name}`,
			file: `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`,
			value: has6 ? "0" : "1",
			optional: true,
		},
	];
	if (has6 && network.driver === "bridge")
		settings.push({
			what: `let ${name} take no router advertisements`,
			file: `/proc/sys/net/ipv6/conf/${name}/accept_ra`,
			value: "0",
			optional: true,
		});
	const own = asked.driverOptions?.[SYSCTLS];
	return own === undefined ? settings : [...settings, ...ownSettings(own, name)];
}

function ownSettings(typed: string, name: string): Setting[] {
	return typed.split(",").map((pair) => {
		const [, key = "", value = ""] = /^([^=]+)=(.*)$/.exec(pair) ?? [];
		const parts = key.split(".");
		if (parts.length !== 5 || parts[0] !== "net" || parts[3] !== "IFNAME" || key.indexOf("/") >= 0)
			throw new Failure(`${SYSCTLS}: "${pair}" is not of the form net.X.Y.IFNAME.Z=VALUE`, { exitCode: EXIT.refused });
		parts[3] = name;
		return { what: `set ${parts.join(".")} to ${value}`, file: `/proc/sys/${parts.join("/")}`, value };
	});
}

/** Takes the interface up and gives it its addresses. */
export function addressMessages({ interface: name, addresses, asked }: Endpoint): Message[] {
	const messages = [raiseLink(name, true)];
	for (const address of addresses) messages.push(addAddress(name, address, true));
	for (const address of asked.linkLocal ?? []) messages.push(addAddress(name, linkLocal(address), true));
	return messages;
}

const linkLocal = (address: string): Given =>
	address.indexOf(":") < 0 ? { family: 4, address, prefix: 16 } : { family: 6, address, prefix: 64 };

/** Makes its gateways the container's way to everywhere, as far as they are chosen to be. */
export function routeMessages({ interface: name, addresses }: Endpoint): Message[] {
	const messages: Message[] = [];
	for (const { family, gateway, isDefault } of addresses)
		if (isDefault) messages.push(setDefaultRoute(family, gateway, name));
	return messages;
}
