/**
 * Device rules: what they mean, as v1's writes, as v2's program. Both are
 * compared with the rules themselves over random ones.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { encodeInstructions } from "../../ffi/bpf.ts";
import { type DeviceList, deviceList } from "../../src/cgroup/device-list.ts";
import { deviceProgram } from "../../src/cgroup/device-program.ts";
import { devicePlan, hasDeviceController } from "../../src/cgroup/devices.ts";
import { deviceRulesOf, parseDeviceRule } from "../../src/container/device-rules.ts";
import type { Failure } from "../../src/failure.ts";
import type { DeviceRule } from "../../src/runtime/runtime.ts";
import { disassemble, type Request, run } from "./bpf-interpreter.ts";
import { groupsOn } from "./cgroup-hosts.ts";

const DEFAULT = deviceRulesOf({});
const writesText = (rules: DeviceRule[]): string =>
	devicePlan(groupsOn("v1"), rules)
		.writes.map(({ what, file, value }) => `${what}\n\t${file} ← ${value}\n`)
		.join("");
const programText = (rules: DeviceRule[]): string => disassemble(deviceProgram(deviceList(rules)));

const DENYING: DeviceRule[] = [
	{ allow: true },
	{ allow: false, type: "b" },
	{ allow: false, type: "c", major: 10, access: "rw" },
];

const LISTS: Record<string, string> = {
	"devices-v1": writesText(DEFAULT),
	"devices-v1-privileged": writesText(deviceRulesOf({ privileged: true })),
	"devices-v1-rules": writesText(deviceRulesOf({ deviceRules: ["c 1:11 r", "b 8:* rw", "a 10:200 r"] })),
	"devices-v2": programText(DEFAULT),
	"devices-v2-rules": programText(deviceRulesOf({ deviceRules: ["c 1:11 r"] })),
	"devices-v2-denying": programText(DENYING),
};

for (const [name, list] of Object.entries(LISTS))
	test(`the list of ${name} is the one on file`, () => {
		const path = `test/unit/golden/${name}.txt`;
		if (process.env.BUNKER_GOLDEN === "write") writeFileSync(path, list);
		expect(list).toBe(readFileSync(path, "utf8"));
	});

const READ = 2;
const WRITE = 4;
const MKNOD = 1;
const BITS: Record<string, number> = { r: READ, w: WRITE, m: MKNOD };
const bitsOf = (access = "rwm") => [...access].reduce((bits, letter) => bits | (BITS[letter] as number), 0);

/** A rule as it reads: which requests for a single access it is about. */
const fits = (rule: DeviceRule, { type, access, major, minor }: Request): boolean =>
	((rule.type ?? "a") === "a" || (rule.type === "b") === (type === 1)) &&
	(rule.major ?? major) === major &&
	(rule.minor ?? minor) === minor &&
	(bitsOf(rule.access) & access) !== 0;

/** The last rule that fits decides; without any, no. */
const asRead = (rules: readonly DeviceRule[], request: Request): boolean =>
	rules.filter((rule) => fits(rule, request)).at(-1)?.allow ?? false;

/** security/device_cgroup.c, devcgroup_legacy_check_permission: match_exception and match_exception_partial. */
function asKernel({ allowed, exceptions }: DeviceList, { type, access, major, minor }: Request): boolean {
	const touching = exceptions.filter(
		(one) => (one.type === "b") === (type === 1) && (one.major ?? major) === major && (one.minor ?? minor) === minor,
	);
	return allowed
		? !touching.some((one) => (one.access & access) !== 0)
		: touching.some((one) => (access & ~one.access) === 0);
}

/** A small generator with a seed: a failure can be had again. */
function random(seed: number) {
	let state = seed;
	const next = (below: number) => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
		return (state >>> 8) % below;
	};
	return { next, pick: <T>(list: readonly T[]): T => list[next(list.length)] as T };
}

const NUMBERS = [undefined, 0, 1, 0x80000000, 0xffffffff];
const ACCESSES = [undefined, "rwm", "r", "w", "m", "rw", "rm", "wm"];

function randomRules(seed: number): DeviceRule[] {
	const { next, pick } = random(seed);
	const rules: DeviceRule[] = [];
	for (let count = next(8); count >= 0; count--)
		rules.push({
			allow: next(2) === 1,
			type: pick(["a", "b", "c", "b", "c", undefined]),
			major: pick(NUMBERS),
			minor: pick(NUMBERS),
			access: pick(ACCESSES),
		});
	return rules;
}

const REQUESTS: Request[] = [1, 2].flatMap((type) =>
	[1, 2, 3, 4, 5, 6, 7].flatMap((access) =>
		[0, 1, 2, 0x80000000, 0xffffffff].flatMap((major) =>
			[0, 1, 2, 0xffffffff].map((minor) => ({ type, access, major, minor })),
		),
	),
);

describe("over random rules", () => {
	/** Lists that can be kept; the others are refused, and tested below. */
	const kept = Array.from({ length: 3000 }, (_, seed) => {
		const rules = randomRules(seed);
		try {
			return { rules, list: deviceList(rules) };
		} catch (error) {
			expect((error as Failure).message).toContain("a device list has no exceptions of exceptions");
			return undefined;
		}
	}).filter((one) => one !== undefined);

	test("enough of them can be kept for this to mean something", () => expect(kept.length).toBeGreaterThan(1000));

	test("for each single access the last rule that fits decides", () => {
		for (const { rules, list } of kept)
			for (const request of REQUESTS.filter(({ access }) => [READ, WRITE, MKNOD].includes(access)))
				if (asKernel(list, request) !== asRead(rules, request))
					throw new Error(`${JSON.stringify({ rules, request })}: not as the rules read`);
	});

	test("v2's program says what v1's kernel says", () => {
		for (const { rules, list } of kept) {
			const program = deviceProgram(list);
			for (const request of REQUESTS)
				if ((run(program, request) === 1) !== asKernel(list, request))
					throw new Error(`${JSON.stringify({ rules, request })}: not as the kernel has it`);
		}
	});
});

describe("rules", () => {
	const list = (...rules: DeviceRule[]) => deviceList(rules);
	test("without any, no device may be used", () => expect(list()).toEqual({ allowed: false, exceptions: [] }));
	test("rules for the same devices become one exception", () =>
		expect(
			list({ allow: true, type: "c", major: 1, access: "r" }, { allow: true, type: "c", major: 1, access: "w" }),
		).toEqual({
			allowed: false,
			exceptions: [{ type: "c", major: 1, minor: undefined, access: READ | WRITE }],
		}));
	test("what is denied again is gone, from narrower exceptions, too", () =>
		expect(
			list(
				{ allow: true, type: "c", major: 1, minor: 3 },
				{ allow: true, type: "c", major: 1, minor: 5 },
				{ allow: false, type: "c", major: 1, access: "rw" },
				{ allow: false, type: "c", major: 1, minor: 5 },
			).exceptions,
		).toEqual([{ type: "c", major: 1, minor: 3, access: MKNOD }]));
	test("a hole in a wider rule is refused, since v1 cannot hold it", () => {
		const hole = () =>
			list({ allow: true, type: "c", major: 1 }, { allow: false, type: "c", major: 1, minor: 3, access: "w" });
		expect(hole).toThrow(
			"deny devices c 1:3 w: they are part of c 1:* rwm, and a device list has no exceptions of exceptions",
		);
	});
	test("a rule of type a with numbers is about those, not about all devices", () =>
		expect(list({ allow: true, type: "a", major: 10, minor: 200, access: "r" })).toEqual({
			allowed: false,
			exceptions: [
				{ type: "b", major: 10, minor: 200, access: READ },
				{ type: "c", major: 10, minor: 200, access: READ },
			],
		}));
});

describe("the rules of a container", () => {
	const may = (rules: DeviceRule[], type: "b" | "c", major: number, minor: number, access: string) =>
		asKernel(deviceList(rules), { type: type === "b" ? 1 : 2, major, minor, access: bitsOf(access) });
	test("by default are docker's: nodes of all devices can be made, the usual ones opened", () => {
		for (const [major, minor] of [
			[1, 3],
			[1, 5],
			[1, 7],
			[1, 8],
			[1, 9],
			[5, 0],
			[5, 1],
			[5, 2],
			[136, 7],
			[10, 200],
		] as const)
			expect([major, minor, may(DEFAULT, "c", major, minor, "rwm")]).toEqual([major, minor, true]);
		for (const [type, major, minor] of [
			["c", 1, 1],
			["c", 1, 11],
			["c", 10, 229],
			["c", 4, 0],
			["b", 8, 0],
			["b", 254, 0],
		] as const) {
			expect([type, major, minor, may(DEFAULT, type, major, minor, "m")]).toEqual([type, major, minor, true]);
			for (const access of ["r", "w", "rw", "rwm"])
				expect([type, major, minor, may(DEFAULT, type, major, minor, access)]).toEqual([type, major, minor, false]);
		}
	});
	test("--device-cgroup-rule adds what it says", () => {
		const rules = deviceRulesOf({ deviceRules: ["c 1:11 r", "b 8:* rwm"] });
		expect(may(rules, "c", 1, 11, "r")).toBe(true);
		expect(may(rules, "c", 1, 11, "w")).toBe(false);
		expect(may(rules, "c", 1, 1, "r")).toBe(false);
		expect(may(rules, "b", 8, 17, "rw")).toBe(true);
		expect(may(rules, "b", 9, 0, "r")).toBe(false);
	});
	test("--device-cgroup-rule 'a *:* rwm' allows all", () =>
		expect(deviceList(deviceRulesOf({ deviceRules: ["a *:* rwm"] }))).toEqual({ allowed: true, exceptions: [] }));
	test("--privileged allows all, and checks the rules beside it", () => {
		expect(deviceRulesOf({ privileged: true, deviceRules: ["c 1:11 r"] })).toEqual([{ allow: true }]);
		expect(() => deviceRulesOf({ privileged: true, deviceRules: ["x"] })).toThrow(
			"--device-cgroup-rule 'x': invalid format",
		);
	});
	test("a rule that is none is refused with its form", () => {
		for (const wrong of [
			"",
			"c",
			"c 1:3",
			"x 1:3 r",
			"c 1:3 x",
			"c 1:3 rwmr",
			"c 1 r",
			"c -1:3 r",
			"c 1:3 r ",
			"c 4294967296:0 r",
		])
			try {
				parseDeviceRule(wrong);
				expect(wrong).toBe("refused");
			} catch (error) {
				expect((error as Failure).message).toBe(
					`--device-cgroup-rule '${wrong}': invalid format: 'TYPE MAJOR:MINOR ACCESS' is expected, as 'c 10:* rw'`,
				);
				expect((error as Failure).exitCode).toBe(125);
			}
	});
});

describe("where the rules go", () => {
	test("to v1's controller where there is one, else to v2, on hybrid hosts, too", () => {
		expect(devicePlan(groupsOn("hugetlbAlone"), DEFAULT).group.path).toBe("/sys/fs/cgroup/devices/bunker/c");
		expect(devicePlan(groupsOn("hybrid"), DEFAULT).group.path).toBe("/sys/fs/cgroup/devices/bunker/c");
		expect(devicePlan(groupsOn("v2"), DEFAULT)).toMatchObject({
			group: { path: "/sys/fs/cgroup/bunker/c" },
			writes: [],
		});
	});
	test("nowhere: an error that names the controller", () => {
		expect(hasDeviceController(groupsOn("none"))).toBe(false);
		expect(() => devicePlan(groupsOn("none"), DEFAULT)).toThrow(
			"limit the use of devices: this host has no devices controller",
		);
	});
});

test("instructions are laid out as struct bpf_insn", () =>
	expect([
		...encodeInstructions([
			{ code: 0x61, to: 2, from: 1, offset: 4 },
			{ code: 0x56, to: 4, offset: -2, value: -1 },
		]),
	]).toEqual([0x61, 0x12, 4, 0, 0, 0, 0, 0, 0x56, 0x04, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff]));
