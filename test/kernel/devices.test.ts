/**
 * Device rules played on the live kernel: v1's list and v2's program, each in a
 * cgroup of the test's own, asked the same questions by a process within.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { BPF, loadDeviceProgram, programIds } from "../../ffi/bpf.ts";
import { O_RDONLY } from "../../ffi/constants.ts";
import { closing, open } from "../../ffi/file.ts";
import { attachDevices } from "../../src/cgroup/devices.ts";
import { detect } from "../../src/cgroup/hierarchies.ts";
import type { Group } from "../../src/cgroup/hierarchy.ts";
import { deviceRulesOf, parseDeviceRule } from "../../src/container/device-rules.ts";
import type { DeviceRule } from "../../src/runtime/runtime.ts";
import { requires } from "../requires.ts";

const isRoot = requires("root");
const hierarchies = isRoot ? detect() : [];
const v1 = hierarchies.find(({ controllers }) => controllers.includes("devices"));
const v2 = hierarchies.find(({ version }) => version === 2);
const name = `bunker-test-${process.pid}`;
const deny: DeviceRule = { allow: false };
const allow = (...texts: string[]): DeviceRule[] => [deny, ...texts.map(parseDeviceRule)];

/** Rules and what becomes of requests: `TYPE MAJOR:MINOR ACCESS`, where m makes a node, and others open one. */
const CASES: [string, DeviceRule[], string[]][] = [
	["nothing allowed", [deny], []],
	[
		"the defaults",
		deviceRulesOf({}),
		["c 1:3 r", "c 1:3 w", "c 1:3 rw", "c 1:5 r", "c 1:5 w", "c 1:5 rw", "c 1:3 m", "c 1:11 m", "b 7:99 m"],
	],
	["reading one", allow("c 1:5 r"), ["c 1:5 r"]],
	["reading and writing by two rules", allow("c 1:5 r", "c 1:5 w"), ["c 1:5 r", "c 1:5 w", "c 1:5 rw"]],
	[
		"reading one, writing all: no exception covers both",
		allow("c 1:5 r", "c *:* w"),
		["c 1:3 w", "c 1:5 r", "c 1:5 w", "c 1:11 w"],
	],
	["a whole major number", allow("c 1:* r"), ["c 1:3 r", "c 1:5 r", "c 1:11 r"]],
	["a minor number of all", allow("c *:3 rw"), ["c 1:3 r", "c 1:3 w", "c 1:3 rw"]],
	["making block devices", allow("b *:* m"), ["b 7:99 m"]],
	[
		"all but writing one",
		[{ allow: true }, { allow: false, type: "c", major: 1, minor: 5, access: "w" }],
		[
			"c 1:3 r",
			"c 1:3 w",
			"c 1:3 rw",
			"c 1:5 r",
			"c 1:11 r",
			"c 1:11 w",
			"c 1:11 rw",
			"c 1:3 m",
			"c 1:11 m",
			"b 7:99 m",
		],
	],
	[
		"all",
		deviceRulesOf({ privileged: true }),
		[
			"c 1:3 r",
			"c 1:3 w",
			"c 1:3 rw",
			"c 1:5 r",
			"c 1:5 w",
			"c 1:5 rw",
			"c 1:11 r",
			"c 1:11 w",
			"c 1:11 rw",
			"c 1:3 m",
			"c 1:11 m",
			"b 7:99 m",
		],
	],
];

// kmsg is read and written by nobody here: opening is enough. A process in a v1 cgroup writes 0 to tasks, as bunker's does.
const SCRIPT = `
echo 0 > "$1" || exit 1
for n in 1:3 1:5 1:11; do
	if true < $2/$n; then echo c $n r; fi
	if true >> $2/$n; then echo c $n w; fi
	if true <> $2/$n; then echo c $n rw; fi
done 2>&3
for n in c:1:3 c:1:11 b:7:99; do
	IFS=: read t major minor <<-end
		$n
	end
	if mknod $2/made $t $major $minor; then echo $t $major:$minor m; rm $2/made; fi
done 2>&3
`;

describe.each([
	["v1's list", v1],
	["v2's program", v2],
] as const)("%s", (_, hierarchy) => {
	const path = `${hierarchy?.mount}/${name}`;
	const groups: Group[] = hierarchy ? [{ hierarchy, path }] : [];
	let nodes = "";
	const can = describe.skipIf(hierarchy === undefined);

	beforeAll(() => {
		if (!hierarchy) return;
		mkdirSync(path);
		// /tmp may be nodev.
		mkdirSync("build", { recursive: true });
		nodes = mkdtempSync("build/devices-");
		for (const minor of [3, 5, 11])
			expect(Bun.spawnSync(["mknod", `${nodes}/1:${minor}`, "c", "1", String(minor)]).exitCode).toBe(0);
	});
	afterAll(() => {
		if (!hierarchy) return;
		rmdirSync(path);
		rmSync(nodes, { recursive: true });
	});

	/** What a process in the cgroup may do. */
	function allowed(): string[] {
		const file = hierarchy?.version === 1 ? "tasks" : "cgroup.procs";
		const { stdout, exitCode } = Bun.spawnSync(["bash", "-c", `exec 3>&2; ${SCRIPT}`, "sh", `${path}/${file}`, nodes]);
		expect(exitCode).not.toBe(1);
		return stdout.toString().trim().split("\n").filter(Boolean);
	}

	can("lets pass", () => {
		// One cgroup for all, and in this order: each attach replaces the one before.
		for (const [what, rules, expected] of CASES)
			test(what, async () => {
				await attachDevices(groups, rules);
				expect(allowed().sort()).toEqual(expected.toSorted());
			});
	});

	const version = hierarchy?.version;
	test.skipIf(version !== 2)("attached again leaves one program, and none where all is allowed", async () => {
		using cgroup = closing(open(path, O_RDONLY));
		for (const rules of [[deny], deviceRulesOf({}), [deny]]) {
			await attachDevices(groups, rules);
			expect(programIds(cgroup.fd)).toHaveLength(1);
		}
		await attachDevices(groups, [{ allow: true }]);
		expect(programIds(cgroup.fd)).toEqual([]);
	});
	test.skipIf(version !== 1)("the kernel's own list reads as the rules", async () => {
		await attachDevices(groups, allow("c 1:5 r", "b 8:* m", "c *:* m"));
		expect(readFileSync(`${path}/devices.list`, "utf8")).toBe("c 1:5 r\nb 8:* m\nc *:* m\n");
	});
	test.skipIf(version === undefined)("what fails is said with its cgroup", async () => {
		const gone = [{ hierarchy: groups[0]?.hierarchy as Group["hierarchy"], path: `${path}/gone` }];
		const failing = attachDevices(gone, [deny]);
		expect(failing).rejects.toThrow(`${path}/gone`);
		expect(failing).rejects.toThrow("ENOENT (no such file or directory)");
		expect(failing).rejects.toMatchObject({ exitCode: 125 });
	});
});

test.skipIf(!isRoot)("a program that the kernel refuses is refused with the verifier's reason", () =>
	expect(() => loadDeviceProgram([{ code: BPF.JMP | BPF.EXIT, to: 0 }])).toThrow(
		/^load the device program \(.*R0 !read_ok.*: EACCES/,
	),
);

test.skipIf(!isRoot)("no cgroup of these tests is left", () => {
	for (const { mount } of [v1, v2].filter((one) => one !== undefined)) expect(readdirSync(mount)).not.toContain(name);
});
