/** Which images a filter of `images` lets through (moby, daemon/images/images.go). */

import { Failure } from "../failure.ts";
import { type Filters, isUntil, matchesLabels, truthOf } from "../filters.ts";
import type { Store } from "../kernel/store.ts";
import { rowOf, unknown } from "./catalog.ts";

/** What filters look at. */
interface Listed {
	id: string;
	references: string[];
	/** RFC 3339 */
	created: string;
	isParent: boolean;
	labels: Readonly<Record<string, string>>;
}

/**
 * Images that filters let through; with `reference` only with the names that fit.
 * @param images all
 * @throws Failure for a value that is none, or an image of before= or since= that is not there
 */
export function selectImages<T extends Listed>(store: Store, images: readonly T[], filters: Filters): T[] {
	const dangling = truthOf(filters, "dangling");
	const createdOf = (name: string) => {
		const row = rowOf(store, name);
		if (!row) throw unknown(name);
		return Date.parse(images.find(({ id }) => id === row.id)?.created ?? "");
	};
	const created = (name: string) => filters.get(name)?.map(createdOf) ?? [];
	const before = Math.min(...created("before"));
	const since = Math.max(...created("since"));
	const patterns = filters.get("reference")?.map(compilePattern);
	return images
		.filter((image) => dangling === undefined || fitsDangling(image, dangling))
		.filter(({ created }) => Date.parse(created) < before && Date.parse(created) > since)
		.filter((image) => isUntil(filters, image.created) && matchesLabels(filters, image.labels))
		.map((image) => (patterns ? withReferences(image, patterns) : image))
		.filter((image) => !patterns || image.references.length > 0);
}

/** docker: what others were made of does not dangle, nor is it what dangling=false asks for. */
const fitsDangling = ({ references, isParent }: Listed, dangling: boolean): boolean =>
	dangling ? references.length === 0 && !isParent : references.length > 0;

type Pattern = (reference: string) => boolean;

function withReferences<T extends Listed>(image: T, patterns: readonly Pattern[]): T {
	return { ...image, references: image.references.filter((reference) => patterns.some((fits) => fits(reference))) };
}

/** A pattern of Go's path.Match, held against `repository:tag` and against the repository alone. */
export function compilePattern(pattern: string): Pattern {
	const familiar = pattern.replace(/^docker\.io\/(library\/)?/, "");
	const expression = compiled(familiar.replace(PART, translate), pattern);
	return (reference) => expression.test(reference) || expression.test(reference.slice(0, reference.lastIndexOf(":")));
}

function compiled(expression: string, pattern: string): RegExp {
	try {
		return new RegExp(`^${expression}$`);
	} catch {
		throw new Failure(`invalid filter 'reference=${pattern}': syntax error in pattern`);
	}
}

const PART = /\\(.)|\[(\^?)((?:[^\]\\]|\\.)+)\]|./gs;

/** One piece of a pattern as a regular expression; nothing but `/` itself fits a slash. */
function translate(part: string, escaped?: string, negated?: string, range?: string): string {
	if (escaped !== undefined) return literal(escaped);
	if (range !== undefined) return `[${negated}${range.replace(/[[\]]/g, "\\$&")}]`;
	if (part === "*") return "[^/]*";
	return part === "?" ? "[^/]" : literal(part);
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
