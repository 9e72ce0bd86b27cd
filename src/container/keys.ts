/** The detach keys as docker writes them (moby/term, ascii.go): `ctrl-p,ctrl-q`, `a,b`, `DEL`. */

import { Failure } from "../failure.ts";

/** ctrl-p ctrl-q, as docker's. */
const STANDARD = Uint8Array.of(16, 17);
/** `ctrl-` and one of these is the byte of its place. */
const CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_";
const DELETE = 127;
/** KEYS_MAX of ffi/shim/keys.h */
const MOST = 64;

/**
 * The bytes that end a session when they are typed in a row.
 * @param typed undefined or empty: the standard ones
 * @throws Failure for a key that there is not
 */
export function keySequence(typed: string | undefined): Uint8Array {
	if (!typed) return STANDARD;
	const names = typed.split(",");
	const codes = names.map(codeOf);
	const wrong = names.find((_, index) => codes[index] === undefined);
	if (wrong !== undefined)
		throw new Failure(`invalid detach keys (${typed}): unknown character: '${wrong}'`, {
			hint: "Keys are single characters or ctrl- with one of @ a to z [ \\ ] ^ _, separated by commas",
		});
	if (codes.length > MOST) throw new Failure(`invalid detach keys: ${codes.length} of them, and ${MOST} are the most`);
	return Uint8Array.from(codes as number[]);
}

function codeOf(name: string): number | undefined {
	const code = name.charCodeAt(0);
	if (name.length === 1) return code < 128 ? code : undefined;
	if (name === "DEL") return DELETE;
	const place = name.length === 6 && name.startsWith("ctrl-") ? CONTROL.indexOf(name.charAt(5)) : -1;
	return place < 0 ? undefined : place;
}
