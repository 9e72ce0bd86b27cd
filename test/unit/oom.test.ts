/** OOM kills and the end of a cgroup: what the monitor is told, and what is made of its notes. */

import { describe, expect, test } from "bun:test";
import { decodeRecords, POLICY, RECORD_DIED, RECORD_OOM } from "../../ffi/tape.ts";
import { endingOrder, type Group } from "../../src/cgroup/cgroup.ts";
import { oomsAfter } from "../../src/container/oom.ts";
import { Tape } from "../../src/kernel/tape.ts";
import { closeGiven, writePolicy } from "../../src/runtime/policy.ts";
import { NO_MONITOR } from "../../src/runtime/waiting.ts";

const group = (version: 1 | 2, ...controllers: string[]): Group => {
	const mount = `/sys/fs/cgroup/${controllers.join(",") || "unified"}`;
	return { hierarchy: { version, controllers, mount, own: "/" }, path: `${mount}/bunker/c` };
};

describe("the policy of a monitor", () => {
	const encoded = (options: object) => {
		const tape = new Tape();
		const policy = writePolicy(tape, { ...NO_MONITOR, ...options });
		const bytes = tape.encode(policy.place);
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		const data = view.getUint32(24, true);
		const at = data + view.getUint32(32, true);
		return { bytes, data, int32: (offset: number) => view.getInt32(at + offset, true), view };
	};

	test("names what tells of OOM kills, and nothing where nobody does", () => {
		const { int32 } = encoded({ oom: { wake: 13, file: 14 } });
		expect([int32(POLICY.offset.oomWake), int32(POLICY.offset.oomFile)]).toEqual([13, 14]);
		const none = encoded({});
		expect([none.int32(POLICY.offset.oomWake), none.int32(POLICY.offset.oomFile)]).toEqual([-1, -1]);
		expect(none.int32(POLICY.offset.cgroups)).toBe(0);
	});

	test("lists the directories that end with the program", () => {
		const { bytes, data, int32, view } = encoded({ cgroups: ["/sys/fs/cgroup/freezer/bunker/c", "/b"] });
		const list = data + int32(POLICY.offset.cgroups);
		const text = (index: number) => {
			const at = data + Number(view.getBigUint64(list + index * 8, true));
			return new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
		};
		expect([text(0), text(1)]).toEqual(["/sys/fs/cgroup/freezer/bunker/c", "/b"]);
		expect(view.getBigUint64(list + 16, true)).toBe(0n);
	});

	test.each([
		[{ wake: 13, file: 14 }, [14, 13]],
		[{ wake: 14, file: 14 }, [14]],
		[{ wake: -1, file: 14 }, [14]],
	])("%p is closed in the child, each descriptor once", (oom, closed) => {
		const tape = new Tape();
		const options = { ...NO_MONITOR, oom };
		const policy = writePolicy(tape, options);
		closeGiven(tape, policy, options);
		const steps = tape.steps.filter(({ what }) => what.includes("OOM"));
		expect(steps.map((step) => step.arguments[0])).toEqual(closed);
	});
});

describe("the order in which a cgroup is ended", () => {
	test("begins with the freezer of v1", () => {
		const groups = [group(1, "memory"), group(1, "freezer"), group(2)];
		expect(endingOrder(groups)).toEqual([
			"/sys/fs/cgroup/freezer/bunker/c",
			"/sys/fs/cgroup/memory/bunker/c",
			"/sys/fs/cgroup/unified/bunker/c",
		]);
	});

	test("is that of v2 first where v1 has none, and as it comes without either", () => {
		expect(endingOrder([group(1, "memory"), group(2)])[0]).toBe("/sys/fs/cgroup/unified/bunker/c");
		expect(endingOrder([group(1, "memory"), group(1, "pids")])[0]).toBe("/sys/fs/cgroup/memory/bunker/c");
		expect(endingOrder([])).toEqual([]);
	});
});

describe("a monitor's notes of OOM kills", () => {
	/** struct record */
	const records = (...entries: [kind: number, status: number, time: bigint][]) => {
		const bytes = new Uint8Array(entries.length * 24);
		const view = new DataView(bytes.buffer);
		entries.forEach(([kind, status, time], index) => {
			view.setUint32(index * 24, 1, true);
			view.setUint32(index * 24 + 4, kind, true);
			view.setInt32(index * 24 + 8, status, true);
			view.setBigUint64(index * 24 + 16, time, true);
		});
		return decodeRecords(bytes);
	};

	test("are in their order, wherever in the ring they stand", () => {
		const entries = records([RECORD_OOM, 4, 40n], [RECORD_OOM, 2, 20n], [RECORD_OOM, 3, 30n], [RECORD_DIED, 137, 50n]);
		expect(oomsAfter(entries, 0).map(({ status, time }) => [status, time])).toEqual([
			[2, 20n],
			[3, 30n],
			[4, 40n],
		]);
	});

	test("are news only where they count more than is known", () => {
		const entries = records([RECORD_OOM, 1, 10n], [RECORD_OOM, 3, 30n]);
		expect(oomsAfter(entries, 1).map(({ status }) => status)).toEqual([3]);
		expect(oomsAfter(entries, 3)).toEqual([]);
	});
});
