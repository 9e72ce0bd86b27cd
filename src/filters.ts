/**
 * Filters as docker's users write them, `--filter label=x`, and how a value is
 * held against them (moby, api/types/filters). Which a verb takes, and what they
 * mean there, is the business of that noun.
 */

import { Failure } from "./failure.ts";

/** name → values; of `until`, times as stored (clock.ts). One is enough, but of `label` all are needed. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** True without such a filter, or if the value is one of its values. */
export function matchesExactly(filters: Filters, name: string, ...values: readonly string[]): boolean {
	const wanted = filters.get(name);
	return wanted === undefined || wanted.some((value) => values.includes(value));
}

/** True without such a filter, or if one of its values is the value, or a regular expression that finds something in it. */
export function matchesPattern(filters: Filters, name: string, ...values: readonly string[]): boolean {
	const wanted = filters.get(name);
	return (
		wanted === undefined || wanted.some((pattern) => values.some((value) => value === pattern || finds(pattern, value)))
	);
}

/** docker takes what is no regular expression as text only. */
function finds(pattern: string, value: string): boolean {
	try {
		return new RegExp(pattern).test(value);
	} catch {
		return false;
	}
}

/** True if the labels have all that `label` names (`NAME` or `NAME=value`), and not all that `label!` does. */
export function matchesLabels(filters: Filters, labels: Readonly<Record<string, string>>): boolean {
	const has = (wanted: string) => {
		const equals = wanted.indexOf("=");
		const name = equals < 0 ? wanted : wanted.slice(0, equals);
		return Object.hasOwn(labels, name) && (equals < 0 || labels[name] === wanted.slice(equals + 1));
	};
	const unwanted = filters.get("label!");
	return (filters.get("label") ?? []).every(has) && !unwanted?.every(has);
}

/** True without `until`, or if the time as stored is before it. @throws Failure for more than one */
export function isUntil(filters: Filters, time: string): boolean {
	const until = filters.get("until");
	if (until === undefined) return true;
	if (until.length > 1) throw new Failure("more than one until filter specified");
	return time < (until[0] as string);
}

/** What a filter of yes or no says; undefined without it. @throws Failure for another value, or both */
export function truthOf(filters: Filters, name: string): boolean | undefined {
	const values = filters.get(name);
	if (values === undefined) return undefined;
	const yes = values.some((value) => value === "1" || value === "true");
	const no = values.some((value) => value === "0" || value === "false");
	if (yes === no) throw new Failure(`invalid filter '${name}=${values.join(",")}': true or false is expected`);
	return yes;
}
