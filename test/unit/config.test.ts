import { describe, expect, test } from "bun:test";
import { configKeys, configPaths, configuredUlimits, parseConfig } from "../../src/flags/config.ts";

const refusal = (content: string): string => {
	try {
		parseConfig("/c.json", content);
	} catch (error) {
		return (error as Error).message;
	}
	return "accepted";
};

describe("the configuration file", () => {
	test("every key is read", () => {
		const all = {
			root: "/r",
			"run-root": "/rr",
			"log-driver": "json-file",
			"log-opts": { "max-size": "1m" },
			"detach-keys": "ctrl-a",
			"default-ulimits": { nofile: "10:20" },
			"default-address-pools": [{ base: "10.200.0.0/16", size: 24 }],
			dns: ["192.0.2.1"],
		};
		expect(parseConfig("/c.json", JSON.stringify(all))).toEqual(all as never);
		expect(Object.keys(all)).toEqual(configKeys);
	});

	test.each([
		['{"rot":"/x"}', 'read /c.json: unknown key "rot"'],
		['{"__proto__x":1}', 'read /c.json: unknown key "__proto__x"'],
		['{"constructor":1}', 'read /c.json: unknown key "constructor"'],
		['{"root":"x"}', 'read /c.json: "root" is "x", and an absolute path is expected'],
		['{"log-opts":{"max-size":1}}', 'read /c.json: "log-opts" is {"max-size":1}, and an object of strings is expected'],
		[
			'{"default-address-pools":[{"base":"10.0.0.0/8"}]}',
			'read /c.json: "default-address-pools" is [{"base":"10.0.0.0/8"}], and a list of pools, {"base": "10.200.0.0/16", "size": 24}, is expected',
		],
		['{"dns":"1.1.1.1"}', 'read /c.json: "dns" is "1.1.1.1", and a list of strings is expected'],
		["[]", "read /c.json: an object is expected"],
		["null", "read /c.json: an object is expected"],
	])("%s is an error that names it", (content, message) => {
		expect(refusal(content)).toBe(message);
	});

	test("what is no JSON is an error that names the file", () => {
		expect(refusal("{")).toStartWith("read /c.json: not JSON: ");
	});
});

test("the user's file is read after the system's: XDG_CONFIG_HOME, else HOME, absolute only", () => {
	expect(configPaths({})).toEqual(["/etc/bunker/config.json"]);
	expect(configPaths({ HOME: "/h" })).toEqual(["/etc/bunker/config.json", "/h/.config/bunker/config.json"]);
	expect(configPaths({ HOME: "/h", XDG_CONFIG_HOME: "/x" })[1]).toBe("/x/bunker/config.json");
	expect(configPaths({ XDG_CONFIG_HOME: "x" })).toHaveLength(1);
});

test("default ulimits are as --ulimit would be given them", () => {
	expect(configuredUlimits({ "default-ulimits": { nofile: "1:2", core: "0" } })).toEqual(["nofile=1:2", "core=0"]);
});
