import { describe, expect, test } from "bun:test";
import { callNumber } from "../../ffi/numbers.ts";
import { JOB, STEP } from "../../ffi/tape.ts";
import { Load, Tape } from "../../src/kernel/tape.ts";
import { searchPath } from "../../src/runtime/program.ts";
import { overlayOptions } from "../../src/runtime/root.ts";

describe("a tape", () => {
	const tape = new Tape();
	const text = tape.text("/x");
	const slot = tape.slot();
	const array = tape.pointers([text]);
	tape.step("open /x", "openat", [-100, text, 0o2000000, 0], { store: slot, okay: ["ENOENT", "ENOTDIR"] });
	tape.step("close it", "close", [new Load(slot)], { full: true });
	const bytes = tape.encode(tape.block(8));
	const view = new DataView(bytes.buffer);
	const header = (name: keyof typeof JOB.offset) => view.getUint32(JOB.offset[name], true);
	const step = (index: number) => header("steps") + index * STEP.size;

	test("says its own size and counts", () => {
		expect(header("magic")).toBe(JOB.magic);
		expect(header("size")).toBe(bytes.length);
		expect(header("stepCount")).toBe(2);
		expect(header("relocationCount")).toBe(1);
		expect(header("data") + header("dataSize")).toBe(bytes.length);
	});
	test("encodes numbers, addresses and loads apart", () => {
		const at = step(0);
		expect(view.getUint16(at, true)).toBe(callNumber("openat"));
		expect(view.getBigInt64(at + STEP.offset.argument, true)).toBe(-100n);
		expect([...bytes.subarray(at + STEP.offset.kind, at + STEP.offset.kind + 4)]).toEqual([0, 1, 0, 0]);
		expect(view.getBigUint64(at + STEP.offset.argument + 8, true)).toBe(BigInt(text.offset));
		expect(bytes[step(1) + STEP.offset.kind]).toBe(STEP.kind.load);
		expect(view.getBigUint64(step(1) + STEP.offset.argument, true)).toBe(BigInt(slot.offset));
	});
	test("encodes where the result goes, and which errors are fine", () => {
		const at = step(0);
		expect(view.getUint16(at + STEP.offset.flags, true)).toBe(STEP.flag.store);
		expect(view.getUint32(at + STEP.offset.out, true)).toBe(slot.offset);
		expect([...bytes.subarray(at + STEP.offset.okay, at + STEP.offset.okay + 3)]).toEqual([2, 20, 0]);
		expect(view.getUint16(step(1) + STEP.offset.flags, true)).toBe(STEP.flag.full);
	});
	test("lists the places that become addresses", () => {
		expect(view.getUint32(header("relocations"), true)).toBe(array.offset);
		expect(view.getBigUint64(header("data") + array.offset, true)).toBe(BigInt(text.offset));
	});
	test("keeps bytes that are no UTF-8", () => {
		const other = new Tape();
		const place = other.text("a\udcff");
		const job = other.encode(other.block(4));
		const data = new DataView(job.buffer).getUint32(JOB.offset.data, true);
		expect([...job.subarray(data + place.offset, data + place.offset + 3)]).toEqual([0x61, 0xff, 0]);
	});
});

test("127 layers fit the one page that mount(2) takes for options", () => {
	const layers = Array.from({ length: 127 }, (_, index) => index.toString(16).padStart(24, "0"));
	const options = overlayOptions({
		kind: "overlay",
		layersDirectory: "/var/lib/bunker/layers",
		layers,
		base: "../base",
		data: `../containers/${"f".repeat(64)}`,
		containerDirectory: `/var/lib/bunker/containers/${"f".repeat(64)}`,
		volatile: true,
	});
	expect(options.length).toBeLessThan(4096);
	expect(options.startsWith(`lowerdir=${layers[126]}:`)).toBe(true);
});

test("a name is looked for in PATH of the program's own environment, the last one", () => {
	expect(searchPath("sh", ["PATH=/a", "X=1", "PATH=/b::/c"])).toEqual(["/b/sh", "./sh", "/c/sh"]);
});
