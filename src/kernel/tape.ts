/**
 * The tape: a flat list of described system calls with the data they point to,
 * built without touching the kernel, and its encoding for the player
 * (ffi/helper/player.c). It knows nothing of containers.
 */

import { type ErrnoName, errno } from "../../ffi/errno.ts";
import { type CallName, callNumber } from "../../ffi/numbers.ts";
import { JOB, STEP } from "../../ffi/tape.ts";
import { encodeText } from "../../ffi/text.ts";

/** A place in the tape's data; an argument of this kind becomes its address. */
export class Place {
	constructor(readonly offset: number) {}

	/** The place some bytes further. */
	plus(bytes: number): Place {
		return new Place(this.offset + bytes);
	}
}

/** The int32 at a place when the step is played: a descriptor or pid that an earlier step left there. */
export class Load {
	constructor(readonly place: Place) {}
}

/** A number has at most 53 bits; what needs 64 stands in the data. */
export type TapeArgument = number | Place | Load;

export type Hints = Readonly<Partial<Record<ErrnoName, string>>>;

export interface StepOptions {
	/** names of errnos that do not stop the tape */
	okay?: readonly ErrnoName[];
	/** where the result goes, as int32 */
	store?: Place;
	/** the result must equal argument 2, as for a complete read or write */
	full?: boolean;
	/** what an errno means here, where its own words mislead */
	hints?: Hints;
	/** a clone whose parent becomes the monitor, or the reaper of `--init` */
	parent?: "monitor" | "init";
}

export interface Step extends StepOptions {
	/** the sentence: what this does, to what */
	what: string;
	call: CallName;
	arguments: readonly TapeArgument[];
}

export class Tape {
	readonly steps: Step[] = [];
	private readonly relocations: number[] = [];
	private readonly constants = new Map<string, Place>();
	private data = Buffer.alloc(32768);
	private view = viewOf(this.data);
	private used = 0;

	/** Appends a step. */
	step(what: string, call: CallName, args: readonly TapeArgument[], options?: StepOptions): void {
		this.steps.push({ what, call, arguments: args, ...options });
	}

	/** Room for bytes in the data, zeroed, 8-aligned. */
	block(size: number): Place {
		const offset = (this.used + 7) & ~7;
		this.used = offset + size;
		if (this.used > this.data.length) this.grow();
		return new Place(offset);
	}

	private grow(): void {
		const larger = Buffer.alloc(this.used * 2);
		larger.set(this.data);
		this.data = larger;
		this.view = viewOf(larger);
	}

	/** Bytes in the data. */
	bytes(content: Uint8Array): Place {
		const place = this.block(content.length);
		this.data.set(content, place.offset);
		return place;
	}

	/** Bytes that many steps take and none changes: in the data once. @param key what they are, for whoever asks again */
	constant(key: string, content: () => Uint8Array): Place {
		const known = this.constants.get(key);
		if (known) return known;
		const place = this.bytes(content());
		this.constants.set(key, place);
		return place;
	}

	/** Text in the data, NUL-terminated. */
	text(content: string): Place {
		if (!content.isWellFormed()) return this.bytes(Buffer.concat([encodeText(content), Uint8Array.of(0)]));
		// In place, without an array for each of some three hundred: 0.2 ms of every start.
		const place = this.block(content.length * 3 + 1);
		this.used = place.offset + this.data.write(content, place.offset) + 1;
		return place;
	}

	/** A NULL-terminated array of addresses: argv, envp. */
	pointers(places: readonly Place[]): Place {
		const array = this.block((places.length + 1) * 8);
		for (const [index, place] of places.entries()) this.pointer(array.plus(index * 8), place);
		return array;
	}

	/** Makes the 8 bytes at a place the address of another. */
	pointer(at: Place, to: Place): void {
		this.word64(at, to.offset);
		this.relocations.push(at.offset);
	}

	/** An int32 that a step's result goes to. */
	slot(): Place {
		const place = this.block(4);
		this.word32(place, -1);
		return place;
	}

	word32(at: Place, value: number): void {
		this.view.setInt32(at.offset, value, true);
	}

	/** An integer of at most 53 bits, as 64. */
	word64(at: Place, value: number): void {
		setInteger(this.view, at.offset, value);
	}

	/** Puts bytes at a place that was made before. */
	put(at: Place, content: Uint8Array): void {
		this.data.set(content, at.offset);
	}

	/** The job as the helper maps it (struct job). */
	encode(policy: Place): Uint8Array {
		const steps = JOB.size;
		const relocations = steps + this.steps.length * STEP.size;
		const data = (relocations + this.relocations.length * 4 + 15) & ~15;
		const bytes = new Uint8Array(data + this.used);
		const view = new DataView(bytes.buffer);
		const header: Record<keyof typeof JOB.offset, number> = {
			magic: JOB.magic,
			size: bytes.length,
			steps,
			stepCount: this.steps.length,
			relocations,
			relocationCount: this.relocations.length,
			data,
			dataSize: this.used,
			policy: policy.offset,
		};
		for (const [name, value] of Object.entries(header))
			view.setUint32(JOB.offset[name as keyof typeof JOB.offset], value, true);
		const words = new Int32Array(bytes.buffer, 0, data / 4);
		let at = steps;
		for (const step of this.steps) {
			encodeStep(bytes, words, at, step);
			at += STEP.size;
		}
		for (const offset of this.relocations) {
			words[at / 4] = offset;
			at += 4;
		}
		bytes.set(this.data.subarray(0, this.used), data);
		return bytes;
	}
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** BigInt would do the same in twenty times the time, a millisecond of every start. */
function setInteger(view: DataView, at: number, value: number): void {
	view.setInt32(at, value | 0, true);
	view.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** By typed arrays, both machines being little-endian: a DataView's calls take three times as long, 0.1 ms of every start. */
function encodeStep(bytes: Uint8Array, words: Int32Array, at: number, step: Step): void {
	const { offset, flag, kind } = STEP;
	let flags = step.full ? flag.full : 0;
	if (step.parent) flags |= flag[step.parent];
	if (step.store) flags |= flag.store;
	// Somebody may rename or mount anything just while it follows a `..` (openat2(2)).
	if (step.call === "openat2") flags |= flag.again;
	// Two halves of a word: the call's number, and the flags.
	words[(at + offset.number) / 4] = callNumber(step.call) | (flags << 16);
	if (step.store) words[(at + offset.out) / 4] = step.store.offset;
	if (step.okay) {
		let okay = at + offset.okay;
		for (const name of step.okay) bytes[okay++] = errno[name];
	}
	let kinds = at + offset.kind;
	let word = (at + offset.argument) / 4;
	for (const argument of step.arguments) {
		if (typeof argument === "number") {
			words[word] = argument | 0;
			// BigInt would do the same in twenty times the time.
			if (argument !== (argument | 0) || argument < 0) words[word + 1] = Math.floor(argument / 0x1_0000_0000);
		} else if (argument instanceof Load) {
			bytes[kinds] = kind.load;
			words[word] = argument.place.offset;
		} else {
			bytes[kinds] = kind.address;
			words[word] = argument.offset;
		}
		word += 2;
		kinds += 1;
	}
}
