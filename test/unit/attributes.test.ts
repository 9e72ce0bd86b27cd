/** What --log-opt labels and tag add to a log. */

import { expect, test } from "bun:test";
import { encodeAttributes, logAttributes, showAttributes } from "../../src/container/attributes.ts";
import type { Container } from "../../src/container/table.ts";
import { parseLog } from "../../src/flags/logging.ts";

const container = (labels: Record<string, string>, ...options: string[]) =>
	({
		id: "0123456789abcdef".repeat(4),
		name: "web",
		image: `sha256:${"ab".repeat(32)}`,
		command: ["httpd", "-f"],
		options: { image: "busybox:1", labels, log: parseLog("json-file", options) },
	}) as unknown as Container;

test("labels that are named, and are there, go with the log; the image's are under the container's", () => {
	const made = container({ a: "own", c: "3" }, "labels=a,b,nosuch");
	expect(logAttributes(made, { a: "image", b: "2" })).toEqual({ a: "own", b: "2" });
});

test("a tag's fields are filled", () => {
	const tag = "tag={{.Name}}/{{ .ID }}/{{.ImageName}}/{{.ImageID}}/{{.Command}}/x";
	expect(logAttributes(container({}, tag), null)).toEqual({
		tag: "web/0123456789ab/busybox:1/abababababab/httpd -f/x",
	});
});

test("a tag with an unknown field is refused", () => {
	expect(() => parseLog("json-file", ["tag={{.Nosuch}}"])).toThrow("of the fields of a tag these are known: ID,");
	expect(() => parseLog("json-file", ["tag={{if .Name}}"])).toThrow("of the fields of a tag these are known");
});

test("in json-file they stand sorted, escaped as Go escapes", () => {
	expect(encodeAttributes({})).toBe("");
	expect(encodeAttributes({ b: 'q"<&>', a: "1" })).toBe(String.raw`"attrs":{"a":"1","b":"q\"\u003c\u0026\u003e"},`);
	expect(() => encodeAttributes({ a: "x".repeat(32768) })).toThrow("longer than 32768 bytes");
});

test("logs --details shows them as a URL's query", () => {
	expect(showAttributes({ b: "a b&c=d", a: "(1)" })).toBe("a=%281%29,b=a+b%26c%3Dd");
});
