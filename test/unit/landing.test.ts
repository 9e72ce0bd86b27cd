/** Paths of `cp` as they are typed, and where a copy lands: what test/e2e/cp-matrix.ts has in full, without a container. */

import { expect, test } from "bun:test";
import { landing } from "../../src/copy/landing.ts";
import { containerPath, hostPath } from "../../src/text/typed-path.ts";

test.each([
	["a/b", "/a/b", ""],
	["/a/b/", "/a/b", "/"],
	["/a//b/.", "/a/b", "/."],
	["/a/b/./", "/a/b", "/."],
	["../../a/..", "/", ""],
	["/", "/", ""],
	["//", "/", ""],
	[".", "/", "/."],
	["./", "/", "/."],
	["/a/.b", "/a/.b", ""],
	["/a/..", "/", ""],
	["...", "/...", ""],
])("%s in a container is %s, and ends in '%s'", (typed, path, trail) => {
	expect(containerPath(typed)).toEqual({ typed, path, trail: trail as "" });
});

test("a path of the host is one from where bunker was called", () => {
	expect(hostPath("a/../b/")).toEqual({ typed: "a/../b/", path: `${process.cwd()}/b`, trail: "/" });
	expect(hostPath(".")).toEqual({ typed: ".", path: process.cwd(), trail: "/." });
});

const into = (source: string, isDirectory: boolean, trail: "" | "/" | "/.", there?: "directory" | "other") =>
	landing({ typed: containerPath(source), isDirectory }, { trail, there, name: "to" }, "copy");

test("a source lands in a directory that is there by its own name, and what is in it by theirs", () => {
	expect(into("/x/from", false, "", "directory")).toEqual({ inside: true, name: "from" });
	expect(into("/x/from/", true, "/.", "directory")).toEqual({ inside: true, name: "from" });
	expect(into("/x/from/.", true, "/", "directory")).toEqual({ inside: true, name: "." });
	expect(into("/", true, "", "directory")).toEqual({ inside: true, name: "." });
});

test("a source lands beside what is no directory, by the name of that", () => {
	expect(into("/from", false, "", "other")).toEqual({ inside: false, name: "to" });
	expect(into("/from", false, "")).toEqual({ inside: false, name: "to" });
	expect(into("/from/.", true, "/")).toEqual({ inside: false, name: "to" });
});

test("what cannot be says why, in docker's words", () => {
	expect(() => into("/from", true, "", "other")).toThrow("copy: cannot copy directory");
	for (const trail of ["/", "/."] as const)
		expect(() => into("/from", false, trail)).toThrow("copy: no such directory");
	expect(into("/from", true, "/.")).toBeUndefined();
});
