/**
 * What a template works on: Go's values. JavaScript's own objects never get
 * this far, so that no field of a template (`.constructor`) reaches a prototype.
 */

import { formatGoDuration } from "../duration.ts";

/** undefined is "no value" (nothing in an interface), null a pointer to nothing; a number is an int. */
export type Value = undefined | null | boolean | number | string | Float | Duration | Moment | GoSlice | GoMap | Struct;

/** What a struct can compute: a method of Go's, with or without arguments. */
export type Method = (...texts: string[]) => Value;

/** float64 */
export class Float {
	constructor(readonly value: number) {}
}

/** time.Duration: prints as `1m30s`, is a number of nanoseconds in JSON. */
export class Duration {
	constructor(readonly nanoseconds: number) {}
	toString(): string {
		return formatGoDuration(this.nanoseconds);
	}
}

/** time.Time: prints as Go prints it, is RFC 3339 in JSON. */
export class Moment {
	constructor(readonly rfc3339: string) {}
	toString(): string {
		return goTime(this.rfc3339);
	}
}

/** RFC 3339 in UTC → `2026-11-21 01:06:57.691810561 +0000 UTC`, as Go's time.Time prints itself. */
export function goTime(rfc3339: string): string {
	const [, day, time, fraction = ""] = /^([^T]*)T([^.Z]*)(\.[0-9]+)?Z$/.exec(rfc3339) ?? [];
	if (day === undefined) return rfc3339;
	return `${day} ${time}${fraction.replace(/\.?0+$/, "")} +0000 UTC`;
}

/** A slice; `source` is what it is in JSON (null for a nil one). */
export class GoSlice {
	constructor(
		readonly items: readonly Value[],
		readonly type = "[]interface {}",
		readonly source?: unknown,
	) {}
}

/** A map with strings as keys. */
export class GoMap {
	constructor(
		readonly entries: ReadonlyMap<string, Value>,
		/** what `index` gives for a key that is not there */
		readonly zero: Value = undefined,
		readonly type = "map[string]interface {}",
		readonly source?: unknown,
	) {}

	/** Go sorts keys wherever it shows them. */
	sorted(): [string, Value][] {
		return [...this.entries].sort(([a], [b]) => (a < b ? -1 : 1));
	}
}

/** A struct of named fields in order; some may be methods. */
export class Struct {
	constructor(
		/** its name in errors */
		readonly type: string,
		readonly fields: ReadonlyMap<string, Value | Method>,
		/** what it is in JSON */
		readonly source?: unknown,
		/** prints itself so (Go's Stringer) */
		readonly text?: string,
	) {}
}

/** What JSON has → values without types: objects become maps. */
export function untyped(json: unknown): Value {
	if (json === null || json === undefined) return undefined;
	if (typeof json === "number") return Number.isInteger(json) ? json : new Float(json);
	if (Array.isArray(json)) return new GoSlice(json.map(untyped));
	if (typeof json === "object") {
		return new GoMap(new Map(Object.entries(json).map(([key, value]) => [key, untyped(value)])));
	}
	return json as string | boolean;
}

/** Go's name of a value's type, for errors and `%T`. */
export function typeName(value: Value): string {
	if (value === undefined || value === null) return "<nil>";
	if (typeof value === "boolean") return "bool";
	if (typeof value === "number") return "int";
	if (typeof value === "string") return "string";
	if (value instanceof Float) return "float64";
	if (value instanceof Duration) return "time.Duration";
	if (value instanceof Moment) return "time.Time";
	return value.type;
}

/** Go templates' truth: not the zero value, not empty (a struct is always true). */
export function isTrue(value: Value): boolean {
	if (value instanceof GoSlice) return value.items.length > 0;
	if (value instanceof GoMap) return value.entries.size > 0;
	if (value instanceof Float) return value.value !== 0;
	if (value instanceof Duration) return value.nanoseconds !== 0;
	return Boolean(value);
}
