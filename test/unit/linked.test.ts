/** What --link tells a container of another (docker's documentation, Legacy container links; moby: daemon/links). */

import { describe, expect, test } from "bun:test";
import { type Linked, linkedNames, linkVariables, parseLinked } from "../../src/container/links.ts";

const linked = (change: Partial<Linked>): Linked => ({
	alias: "web-db",
	name: "db",
	hostname: "0123456789ab",
	address: "172.17.0.5",
	ports: [],
	env: [],
	...change,
});

describe("a link", () => {
	test("sets the other's first port, tcp before udp, and of each its address, number and protocol", () => {
		expect(linkVariables(linked({ ports: ["53/udp", "5432/tcp"] }), "web")).toEqual([
			"WEB_DB_PORT=tcp://172.17.0.5:5432",
			"WEB_DB_PORT_5432_TCP=tcp://172.17.0.5:5432",
			"WEB_DB_PORT_5432_TCP_ADDR=172.17.0.5",
			"WEB_DB_PORT_5432_TCP_PORT=5432",
			"WEB_DB_PORT_5432_TCP_PROTO=tcp",
			"WEB_DB_PORT_53_UDP=udp://172.17.0.5:53",
			"WEB_DB_PORT_53_UDP_ADDR=172.17.0.5",
			"WEB_DB_PORT_53_UDP_PORT=53",
			"WEB_DB_PORT_53_UDP_PROTO=udp",
			"WEB_DB_NAME=/web/web-db",
		]);
	});

	test("ports in a row have a start and an end", () => {
		const variables = linkVariables(linked({ ports: ["82/tcp", "80/tcp", "81/tcp", "90/tcp"] }), "web");
		expect(variables.filter((variable) => /_START|_END/.test(variable))).toEqual([
			"WEB_DB_PORT_80_TCP_START=tcp://172.17.0.5:80",
			"WEB_DB_PORT_80_TCP_PORT_START=80",
			"WEB_DB_PORT_80_TCP_END=tcp://172.17.0.5:82",
			"WEB_DB_PORT_80_TCP_PORT_END=82",
		]);
	});

	test("passes the other's variables on, HOME and PATH not", () => {
		const env = ["PATH=/bin", "HOME=/root", "PGDATA=/data", "EMPTY=", "unset"];
		expect(linkVariables(linked({ env }), "web")).toEqual([
			"WEB_DB_NAME=/web/web-db",
			"WEB_DB_ENV_PGDATA=/data",
			"WEB_DB_ENV_EMPTY=",
		]);
	});

	test("is known by the alias, the host name, and the name where that is another", () => {
		expect(linkedNames(linked({}))).toBe("web-db 0123456789ab db");
		expect(linkedNames(linked({ alias: "db" }))).toBe("db 0123456789ab");
		expect(parseLinked("0123:db")).toEqual({ id: "0123", alias: "db" });
	});
});
