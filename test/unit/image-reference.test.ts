import { describe, expect, test } from "bun:test";
import { familiar, parse, parseTag } from "../../src/image/reference.ts";

const HEX = "0123456789abcdef".repeat(4);

describe("a reference", () => {
	test.each([
		["busybox", "busybox:latest"],
		["busybox:1", "busybox:1"],
		["library/busybox", "busybox:latest"],
		["docker.io/library/busybox:latest", "busybox:latest"],
		["index.docker.io/library/busybox", "busybox:latest"],
		["docker.io/someone/thing", "someone/thing:latest"],
		["localhost/thing", "localhost/thing:latest"],
		["localhost:5000/thing:2", "localhost:5000/thing:2"],
		["registry.example:443/a/b/c:v1.2-x_y", "registry.example:443/a/b/c:v1.2-x_y"],
		["[::1]:5000/thing", "[::1]:5000/thing:latest"],
		["a/b", "a/b:latest"],
		["a__b--c/d.e", "a__b--c/d.e:latest"],
		["Registry/thing", "Registry/thing:latest"],
		["library/a/b", "library/a/b:latest"],
	])("%s is %s for short", (typed, short) => {
		expect(familiar(parse(typed))).toBe(short);
		expect(familiar(parse(short))).toBe(short);
	});

	test.each([
		"",
		":tag",
		"a:",
		"a:.b",
		`a:${"x".repeat(129)}`,
		"-a",
		"a-",
		"a//b",
		"/a",
		"a/",
		"a..b",
		"a___b",
		"a b",
		"a\n",
		"a@sha256:12",
		"http://a/b",
		"../a",
		"x".repeat(300),
	])("%j is refused", (typed) => {
		expect(() => parse(typed)).toThrow("invalid reference format");
	});

	test("with upper-case letters says that they are the reason", () => {
		expect(() => parse("Busybox")).toThrow("repository name (library/Busybox) must be lowercase");
	});

	test("of 64 hexadecimal digits is refused: it would look like an id", () => {
		expect(() => parse(HEX)).toThrow("64 hexadecimal digits");
	});

	test("with a digest is read, but no name to give", () => {
		expect(parse(`busybox@sha256:${HEX}`).digest).toBe(`sha256:${HEX}`);
		expect(() => parseTag(`busybox@sha256:${HEX}`)).toThrow("refusing to create a tag with a digest reference");
	});
});
