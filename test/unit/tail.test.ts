import { describe, expect, test } from "bun:test";
import { decodeFrames, decodeJsonLines, type Piece } from "../../src/container/log.ts";
import { Tail } from "../../src/container/tail.ts";

const piece = (text: string, stream = 1): Piece => ({ stream, time: 1n, bytes: new TextEncoder().encode(text) });

function tail(lines: number, ...pieces: string[]): string {
	const keep = new Tail(lines);
	for (const text of pieces) keep.add(piece(text));
	let out = "";
	keep.give((one) => {
		out += new TextDecoder().decode(one.bytes);
	});
	return out;
}

describe("the last lines of a log", () => {
	test("are cut within a piece", () => expect(tail(2, "a\nb\nc\n")).toBe("b\nc\n"));
	test("reach over pieces", () => expect(tail(2, "a\nb", "b\n", "c\n")).toBe("bb\nc\n"));
	test("count a last line without its end", () => expect(tail(2, "a\nb\nc")).toBe("b\nc"));
	test("are all, if there are fewer", () => expect(tail(9, "a\n", "b\n")).toBe("a\nb\n"));
	test("are none for 0", () => expect(tail(0, "a\n")).toBe(""));
	test("keep empty lines", () => expect(tail(2, "a\n\n", "\n")).toBe("\n\n"));
});

function frame(text: string, stream: number, time: bigint): Uint8Array {
	const bytes = new TextEncoder().encode(text);
	const out = new Uint8Array(16 + bytes.length + 4);
	const view = new DataView(out.buffer);
	view.setUint32(0, bytes.length, true);
	view.setUint32(4, stream, true);
	view.setBigUint64(8, time, true);
	out.set(bytes, 16);
	view.setUint32(16 + bytes.length, bytes.length, true);
	return out;
}

test("a frame that a crash has cut is not there", () => {
	const whole = Buffer.concat([frame("a\n", 1, 5n), frame("b\n", 2, 6n)]);
	const cut = Buffer.concat([whole, frame("lost", 1, 7n).subarray(0, 21)]);
	const found: [number, bigint, string][] = [];
	const used = decodeFrames(cut, (one) => found.push([one.stream, one.time, new TextDecoder().decode(one.bytes)]));
	expect(used).toBe(whole.length);
	expect(found).toEqual([
		[1, 5n, "a\n"],
		[2, 6n, "b\n"],
	]);
});

test("json lines give back text, stream and nanoseconds", () => {
	const line = `{"log":"h\\u00e9\\n","stream":"stderr","time":"2026-11-21T01:02:03.5Z"}\n`;
	const found: Piece[] = [];
	decodeJsonLines(new TextEncoder().encode(`${line}{"log":"cut`), (one) => found.push(one));
	expect(found).toEqual([{ ...piece("hé\n", 2), time: 1795222923500000000n }]);
});
