/**
 * Go's types for what docker's client reads as structs. A template sees the
 * difference: `{{.HostConfig.RestartPolicy}}` prints `{no 0}`, a map would print
 * `map[MaximumRetryCount:0 Name:no]`, and `index` of a map of strings gives "".
 */

import { Duration, Float, GoMap, GoSlice, Moment, Struct, type Value } from "./template.ts";

/** What a JSON value becomes. */
export type Shape = (json: unknown) => Value;

/** string */
export const text: Shape = (json) => (typeof json === "string" ? json : "");
/** int, int64 … */
export const int: Shape = (json) => (typeof json === "number" ? json : 0);
/** bool */
export const bool: Shape = (json) => json === true;
/** time.Duration */
export const duration: Shape = (json) => new Duration(typeof json === "number" ? json : 0);
/** time.Time */
export const time: Shape = (json) => new Moment(typeof json === "string" ? json : "0001-01-01T00:00:00Z");
/** float64 */
export const float: Shape = (json) => new Float(typeof json === "number" ? json : 0);

/** A pointer: nothing where there is nothing. */
export const maybe =
	(shape: Shape): Shape =>
	(json) =>
		json === null || json === undefined ? null : shape(json);

/** A slice. @param type of its items, in errors */
export const list =
	(shape: Shape, type = "interface {}"): Shape =>
	(json) =>
		Array.isArray(json) ? new GoSlice(json.map(shape), `[]${type}`, json) : new GoSlice([], `[]${type}`, null);

/** []string */
export const texts: Shape = list(text, "string");

/** map[string]X; keys that are not there give X's zero. */
export const map =
	(shape: Shape, type = "interface {}"): Shape =>
	(json) => {
		const given = typeof json === "object" && json !== null ? Object.entries(json) : [];
		const entries = new Map(given.map(([key, value]) => [key, shape(value)]));
		return new GoMap(entries, shape(undefined), `map[string]${type}`, json ?? null);
	};

/** map[string]string */
export const labels: Shape = map(text, "string");

/**
 * A struct: Go's name of each field, in Go's order; `ID=Id` where JSON has another.
 * @param show for what prints itself (Go's Stringer)
 */
export const struct =
	(type: string, fields: Readonly<Record<string, Shape>>, show?: (json: Record<string, unknown>) => string): Shape =>
	(json) => {
		const given = (json ?? {}) as Record<string, unknown>;
		const entries = Object.entries(fields).map(([names, shape]): [string, Value] => {
			const [name = "", jsonName = name] = names.split("=");
			return [name, shape(Object.hasOwn(given, jsonName) ? given[jsonName] : undefined)];
		});
		return new Struct(type, new Map(entries), given, show?.(given));
	};
