/** `network connect`. */

import { connectNetwork } from "../container/container.ts";
import { int, list, string } from "../flags/flags.ts";
import type { EndpointOption } from "../network/network.ts";
import { csvFields } from "../text/csv.ts";
import { verb } from "./verb.ts";

export default verb({
	usage: "[OPTIONS] NETWORK CONTAINER",
	operands: { least: 2, most: 2 },
	completes: ["network", "container"],
	flags: {
		alias: list("", "a further name on this network"),
		"driver-opt": list("", "an option of its driver: com.docker.network.endpoint.ifname=lan0"),
		"gw-priority": int("", "its default route is by the network with the highest"),
		ip: string("", "its IPv4 address there"),
		ip6: string("", "its IPv6 address there"),
		link: list("", "know another container by a name: CONTAINER[:ALIAS]"),
		"link-local-ip": list("", "a further address there: 169.254.1.1"),
	},
	description: "A container that runs is connected at once; another when it starts.",
	examples: ["network connect backend web", "network connect --ip 10.20.80.7 --alias db backend postgres"],
	async run({ values, operands: [network = "", container = ""], open }) {
		const { parseDriverOption, parseIp, parseLink, parseLinkLocal } = await import("../flags/attachment.ts");
		const asked: EndpointOption = { network };
		// These are lists of docker's that take several values at once, with commas between them (pflag, StringSlice).
		const fields = (texts: readonly string[]) => texts.flatMap((text) => csvFields(text) ?? [text]);
		if (values.alias.length > 0) asked.aliases = fields(values.alias);
		if (values.ip) asked.address = parseIp(4, values.ip);
		if (values.ip6) asked.address6 = parseIp(6, values.ip6);
		if (values.link.length > 0) asked.links = values.link.map(parseLink);
		if (values["link-local-ip"].length > 0) asked.linkLocal = fields(values["link-local-ip"]).map(parseLinkLocal);
		for (const option of fields(values["driver-opt"]))
			asked.driverOptions = { ...asked.driverOptions, ...parseDriverOption(option) };
		if (values["gw-priority"]) asked.gatewayPriority = values["gw-priority"];
		await connectNetwork(await open(), container, asked);
		return 0;
	},
});
