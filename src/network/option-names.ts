/** docker's names of options of a network, `-o KEY=VALUE`, and what their values say. Pure. */

import type { Network } from "./table.ts";

export const OPTION = {
	/** of its bridge, on the host */
	name: "com.docker.network.bridge.name",
	/** its containers reach each other */
	icc: "com.docker.network.bridge.enable_icc",
	masquerade: "com.docker.network.bridge.enable_ip_masquerade",
	/** of the host, that ports are published on where `-p` names none: this one alone, IPv4's */
	binding: "com.docker.network.bridge.host_binding_ipv4",
	gatewayMode4: "com.docker.network.bridge.gateway_mode_ipv4",
	gatewayMode6: "com.docker.network.bridge.gateway_mode_ipv6",
	mtu: "com.docker.network.driver.mtu",
	/** of interfaces in containers: `eth` */
	prefix: "com.docker.network.container_iface_prefix",
} as const;

/** A value as Go's strconv.ParseBool takes it; undefined for what it does not. */
export function truthOf(value: string): boolean | undefined {
	if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
	return /^(0|f|F|false|FALSE|False)$/.test(value) ? false : undefined;
}

/** True where an option of a network that is on by default was switched off. */
export const isOff = ({ options }: Pick<Network, "options">, option: string): boolean =>
	truthOf(options.driverOptions?.[option] ?? "") === false;
