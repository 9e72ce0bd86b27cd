/** docker's types of what `inspect` says of a network (moby, api/types/network), field by field. */

import { bool, labels, list, map, type Shape, struct, text, time } from "../template/shape.ts";

const subnet = struct("network.IPAMConfig", {
	Subnet: text,
	IPRange: text,
	Gateway: text,
	"AuxAddress=AuxiliaryAddresses": labels,
});

const endpoint = struct("network.EndpointResource", {
	Name: text,
	EndpointID: text,
	MacAddress: text,
	IPv4Address: text,
	IPv6Address: text,
});

/** network.Inspect */
export const networkShape: Shape = struct("network.Inspect", {
	Name: text,
	"ID=Id": text,
	Created: time,
	Scope: text,
	Driver: text,
	EnableIPv4: bool,
	EnableIPv6: bool,
	IPAM: struct("network.IPAM", { Driver: text, Options: labels, Config: list(subnet, "network.IPAMConfig") }),
	Internal: bool,
	Attachable: bool,
	Ingress: bool,
	ConfigFrom: struct("network.ConfigReference", { Network: text }),
	ConfigOnly: bool,
	Containers: map(endpoint, "network.EndpointResource"),
	Options: labels,
	Labels: labels,
	Peers: list(struct("network.PeerInfo", { Name: text, IP: text }), "network.PeerInfo"),
	Services: map(struct("network.ServiceInfo", {}), "network.ServiceInfo"),
});
