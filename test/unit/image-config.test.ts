import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/image/config.ts";
import { chainIds, digestOf } from "../../src/image/digest.ts";

const HEX = "0123456789abcdef".repeat(4);
const parse = (config: unknown) => parseConfig(new TextEncoder().encode(JSON.stringify(config)), "the config");
const rootfs = { type: "layers", diff_ids: [`sha256:${HEX}`] };

describe("an image config", () => {
	test("keeps what is known and what is not", () => {
		const parsed = parse({ architecture: "amd64", os: "linux", config: { Cmd: ["a"], New: 1 }, rootfs, more: true });
		expect(parsed.config.Cmd).toEqual(["a"]);
		expect(parsed).toMatchObject({ more: true, config: { New: 1 } });
	});

	test("may leave out what Go leaves out when it is empty", () => {
		expect(parse({ architecture: "amd64", os: "linux", config: null, rootfs }).config).toEqual({});
		expect(
			parse({ config: { Cmd: null, Env: null, Labels: null }, rootfs: { type: "layers", diff_ids: null } }),
		).toBeDefined();
	});

	test.each([
		["Cmd in the config is not a list", { config: { Cmd: "sh" }, rootfs }],
		["an item of Env in the config is not a text", { config: { Env: [1] }, rootfs }],
		["User in the config is not a text", { config: { User: 0 }, rootfs }],
		["Labels.a in the config is not a text", { config: { Labels: { a: {} } }, rootfs }],
		["rootfs in the config is not an object", { config: {} }],
		["rootfs.diff_ids in the config holds what is no sha256 digest", { rootfs: { diff_ids: ["sha256:../../etc"] } }],
		["the config is not an object", []],
	])("is refused where %s", (message, config) => {
		expect(() => parse(config)).toThrow(message);
	});

	test("of 127 layers is fine, of 128 refused", () => {
		const of = (count: number) => ({ rootfs: { diff_ids: Array.from({ length: count }, () => `sha256:${HEX}`) } });
		expect(parse(of(127)).rootfs.diff_ids).toHaveLength(127);
		expect(() => parse(of(128))).toThrow("128 layers are more than the 127");
	});

	test("that is no JSON says so", () => {
		expect(() => parseConfig(new Uint8Array([0xff]), "the config")).toThrow("the config is not JSON");
	});
});

describe("a chain id", () => {
	test("of the lowest layer is its diff id, of the others the digest of what lies below and their own", () => {
		const [a, b, c] = ["a", "b", "c"].map(digestOf) as [string, string, string];
		const second = digestOf(`${a} ${b}`);
		expect(chainIds([a, b, c])).toEqual([a, second, digestOf(`${second} ${c}`)]);
		expect(chainIds([])).toEqual([]);
	});
});
