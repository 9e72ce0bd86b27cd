/**
 * JSON that somebody else wrote: the few fields that are used, checked, with
 * errors that say where. A schema library would say the same for 50 KB more.
 */

import { Failure } from "../failure.ts";

export type Fields = Record<string, unknown>;

/** Parses JSON. @param what where it comes from: `manifest.json in /tmp/x.tar` */
export function parseJson(bytes: Uint8Array, what: string): unknown {
	try {
		return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
	} catch (error) {
		throw new Failure(`${what} is not JSON`, { cause: error });
	}
}

export function fields(value: unknown, what: string): Fields {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
	throw new Failure(`${what} is not an object`);
}

export function array(value: unknown, what: string): unknown[] {
	if (Array.isArray(value)) return value;
	throw new Failure(`${what} is not a list`);
}

export function string(value: unknown, what: string): string {
	if (typeof value === "string") return value;
	throw new Failure(`${what} is not a text`);
}

export function strings(value: unknown, what: string): string[] {
	return array(value, what).map((item) => string(item, `an item of ${what}`));
}

/** The check, or undefined where there is nothing: not said, or null, as Go writes what is empty. */
export function optional<T>(check: (value: unknown, what: string) => T, value: unknown, what: string): T | undefined {
	return value === undefined || value === null ? undefined : check(value, what);
}
