/** Platforms as containerd reads them, and which image is of which. */

import { describe, expect, test } from "bun:test";
import { architecture } from "../../src/image/config.ts";
import { fits, formatPlatform, parsePlatform } from "../../src/image/platform.ts";

const here = architecture();

describe("a platform is read", () => {
	test.each([
		["linux", `linux/${here}`],
		["amd64", "linux/amd64"],
		["X86_64", "linux/amd64"],
		["linux/aarch64", "linux/arm64"],
		["linux/arm64/v8", "linux/arm64/v8"],
		["linux/arm/v6", "linux/arm/v6"],
		["linux/arm/7", "linux/arm/v7"],
		["armel", "linux/arm/v6"],
		["windows/amd64", "windows/amd64"],
		["macos/arm64/v9", "darwin/arm64/v9"],
		["linux/mine", "linux/mine"],
	])("%s", (text, read) => expect(formatPlatform(parsePlatform(text))).toBe(read));
});

describe("is none:", () => {
	test.each([
		["nosuch", "unknown operating system or architecture"],
		["linux/arm/v7/x", "cannot parse platform specifier"],
		["linux/", '"" is an invalid component'],
		["*", '"*" is an invalid component'],
		["constructor", "unknown operating system or architecture"],
	])("%s", (text, why) =>
		expect(() => parsePlatform(text)).toThrow(`invalid platform: ${JSON.stringify(text)}: ${why}`),
	);
});

test("an image fits its own platform, and those that run it, too", () => {
	const is = (found: string, wanted: string) => fits(parsePlatform(found), parsePlatform(wanted));
	expect(is("linux/amd64", "linux/amd64/v1")).toBe(true);
	expect(is("linux/arm64", "linux/arm64/v8")).toBe(true);
	expect(is("linux/386", "linux/amd64")).toBe(true);
	expect(is("linux/amd64", "linux/386")).toBe(false);
	expect(is("linux/amd64", "linux/arm64")).toBe(false);
	expect(is("windows/amd64", "linux/amd64")).toBe(false);
	expect(is("linux/arm/v6", "linux/arm/v5")).toBe(false);
});
