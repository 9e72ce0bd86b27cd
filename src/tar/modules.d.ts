/** The part of tar-stream that is used here: its decoding of one header block. It ships no types. */
declare module "*/tar-stream/headers.js" {
	export interface Header {
		name: string;
		mode: number;
		uid: number;
		gid: number;
		size: number;
		mtime: Date;
		linkname: string | null;
		devmajor: number;
		devminor: number;
	}
	/**
	 * @returns null for a block of zeros
	 * @throws Error if the checksum is wrong
	 */
	export function decode(block: Uint8Array, encoding: string, allowUnknownFormat: boolean): Header | null;
}
