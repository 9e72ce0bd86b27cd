import { describe, expect, test } from "bun:test";
import { encodeIdentity, IDENTITY_SIZE, resolveUser } from "../../src/runtime/identity.ts";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:44:web:/srv:/bin/sh\n# comment\nbroken\n";
const GROUP = "root:x:0:\nwheel:x:10:root,web\nwww:x:44:\nstaff:x:50:web\n";

describe("the user of a container, as docker finds it", () => {
	test("no user is root, with root's supplementary groups", () => {
		expect(resolveUser("", PASSWD, GROUP)).toEqual({ uid: 0, gid: 0, groups: [0, 10], home: "/root" });
	});
	test("a name has its group, its supplementary groups and its home", () => {
		expect(resolveUser("web", PASSWD, GROUP)).toEqual({ uid: 33, gid: 44, groups: [44, 10, 50], home: "/srv" });
	});
	test("a number with an entry is that user", () => {
		expect(resolveUser("33", PASSWD, GROUP)).toEqual({ uid: 33, gid: 44, groups: [44, 10, 50], home: "/srv" });
	});
	test("a number without an entry has group 0 and home /", () => {
		expect(resolveUser("1000", PASSWD, GROUP)).toEqual({ uid: 1000, gid: 0, groups: [0], home: "/" });
	});
	test("an explicit group replaces the supplementary ones", () => {
		expect(resolveUser("web:staff", PASSWD, GROUP)).toEqual({ uid: 33, gid: 50, groups: [50], home: "/srv" });
		expect(resolveUser("1000:2000", PASSWD, GROUP)).toEqual({ uid: 1000, gid: 2000, groups: [2000], home: "/" });
	});
	test("works with no files at all", () => {
		expect(resolveUser("", "", "")).toEqual({ uid: 0, gid: 0, groups: [0], home: "/" });
	});
	test("an unknown user or group is named, with 125", () => {
		expect(() => resolveUser("nosuch", PASSWD, GROUP)).toThrow(
			"unable to find user nosuch: no matching entries in passwd file",
		);
		expect(() => resolveUser("web:nosuch", PASSWD, GROUP)).toThrow(
			"unable to find group nosuch: no matching entries in group file",
		);
	});
	test("an id beyond 31 bits is refused", () => {
		expect(() => resolveUser("4294967295", PASSWD, GROUP)).toThrow("range");
	});
});

test("only root's identity carries capabilities", () => {
	const capabilities = (uid: number) =>
		new Uint32Array(encodeIdentity({ uid, gid: 0, groups: [], home: "/" }, 0xa80425fbn).buffer.slice(16, 40));
	expect([...capabilities(0)]).toEqual([0xa80425fb, 0xa80425fb, 0, 0, 0, 0]);
	expect([...capabilities(1)]).toEqual([0, 0, 0, 0, 0, 0]);
	expect(encodeIdentity({ uid: 0, gid: 0, groups: [], home: "/" }, 0n).length).toBe(IDENTITY_SIZE);
});
