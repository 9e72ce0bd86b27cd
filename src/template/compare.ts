/** `eq ne lt le gt ge` of Go templates (go.dev/pkg/text/template, funcs.go). */

import { Duration, Float, Moment, type Value } from "./values.ts";

type Basic = boolean | number | string;

/** True if the first equals any of the others. @throws Error for what cannot be compared */
export function equals(first: Value, others: readonly Value[]): boolean {
	if (others.length === 0) throw new Error("missing argument for comparison");
	return others.some((other) => equal(first, other));
}

function equal(one: Value, other: Value): boolean {
	const nothing = (value: Value) => value === undefined || value === null;
	if (nothing(one) || nothing(other)) return nothing(one) && nothing(other);
	const [a, b] = [basic(one), basic(other)];
	if (kindOf(one) !== kindOf(other)) throw new Error("incompatible types for comparison");
	return a === b;
}

/** True if one is less than the other. @throws Error */
export function less(one: Value, other: Value): boolean {
	const [a, b] = [basic(one), basic(other)];
	if (typeof a === "boolean" || typeof b === "boolean") throw new Error("invalid type for comparison");
	if (kindOf(one) !== kindOf(other)) throw new Error("incompatible types for comparison");
	return a < b;
}

function basic(value: Value): Basic {
	if (value instanceof Float) return value.value;
	if (value instanceof Duration) return value.nanoseconds;
	if (value instanceof Moment) return value.rfc3339;
	if (value === undefined || value === null || typeof value === "object")
		throw new Error("invalid type for comparison");
	return value;
}

/** An int and a float64 are not comparable in Go either. */
function kindOf(value: Value): string {
	if (value instanceof Float) return "float";
	return value instanceof Duration ? "number" : typeof value;
}
