/** Tar archives byte by byte, so that a test can say what no honest program would write. */

export interface Entry {
	path: string | Uint8Array;
	/** type flag; "0" if not said */
	type?: string;
	content?: string | Uint8Array;
	link?: string;
	mode?: number;
	uid?: number;
	gid?: number;
	/** seconds */
	mtime?: number;
	major?: number;
	minor?: number;
	/** the size field, where it is not the content's length */
	size?: number;
	/** records of an extended header before it */
	pax?: Record<string, string | Uint8Array>;
	/** patches the header block before its checksum is made */
	patch?: (block: Uint8Array) => void;
}

const BLOCK = 512;
const encoder = new TextEncoder();
const bytesOf = (value: string | Uint8Array): Uint8Array => (typeof value === "string" ? encoder.encode(value) : value);

const padded = (bytes: Uint8Array): Uint8Array => {
	const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
	whole.set(bytes);
	return whole;
};

/** An archive of these entries, with its two blocks of zeros. */
export function tarball(entries: readonly Entry[]): Uint8Array {
	return Buffer.concat([...entries.flatMap(entryBlocks), new Uint8Array(2 * BLOCK)]);
}

/** The blocks of one entry: its extended header, its header, its content. */
export function entryBlocks(entry: Entry): Uint8Array[] {
	const content = bytesOf(entry.content ?? "");
	const before = entry.pax ? entryBlocks({ path: "PaxHeaders/x", type: "x", content: paxRecords(entry.pax) }) : [];
	return [...before, header(entry, content.length), padded(content)];
}

/** `LENGTH KEY=VALUE\n`, the length counting itself. */
export function paxRecords(records: Record<string, string | Uint8Array>): Uint8Array {
	const lines = Object.entries(records).map(([key, value]) => {
		const rest = Buffer.concat([encoder.encode(` ${key}=`), bytesOf(value), encoder.encode("\n")]);
		let length = rest.length + 1;
		while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
		return Buffer.concat([encoder.encode(String(length)), rest]);
	});
	return Buffer.concat(lines);
}

function header(entry: Entry, length: number): Uint8Array {
	const block = new Uint8Array(BLOCK);
	const put = (at: number, value: string | Uint8Array) => block.set(bytesOf(value), at);
	const octal = (at: number, digits: number, value: number) => put(at, value.toString(8).padStart(digits, "0"));
	put(0, bytesOf(entry.path).subarray(0, 100));
	octal(100, 7, entry.mode ?? (entry.type === "5" ? 0o755 : 0o644));
	octal(108, 7, entry.uid ?? 0);
	octal(116, 7, entry.gid ?? 0);
	const size = entry.size ?? length;
	if (size < 8 ** 11) octal(124, 11, size);
	else putBase256(block, 124, size);
	octal(136, 11, entry.mtime ?? 1_600_000_000);
	put(156, entry.type ?? "0");
	put(157, encoder.encode(entry.link ?? "").subarray(0, 100));
	put(257, "ustar\x0000");
	octal(329, 7, entry.major ?? 0);
	octal(337, 7, entry.minor ?? 0);
	entry.patch?.(block);
	putChecksum(block);
	return block;
}

/** The sum of all bytes, its own field as blanks. */
export function putChecksum(block: Uint8Array): void {
	block.fill(0x20, 148, 156);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.set(encoder.encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
}

/** GNU's form of what does not fit eleven octal digits. */
export function putBase256(block: Uint8Array, at: number, value: number): void {
	block[at] = 0x80;
	for (let byte = 11, rest = value; byte > 0; byte--, rest = Math.floor(rest / 256)) block[at + byte] = rest % 256;
}
