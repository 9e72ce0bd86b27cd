/**
 * Names of images as docker has them (distribution/reference, reference.go and
 * normalize.go): `busybox` is `busybox:latest` is `docker.io/library/busybox:latest`.
 * Stored and printed is the familiar form, the shortest with its tag.
 */

import { Failure } from "../failure.ts";

export interface Reference {
	/** `docker.io`, `localhost:5000` */
	domain: string;
	/** `library/busybox` */
	path: string;
	tag?: string;
	/** `sha256:HEX` */
	digest?: string;
}

const HUB = "docker.io";
const LONGEST = 255;

// Expressions are made where they are asked for: at the top they would cost every verb that looks at images 0.1 ms.
const PART = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const isDomain = (text: string): boolean =>
	text === HUB || new RegExp(`^(?:${PART}(?:\\.${PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`).test(text);
const isPath = (text: string): boolean =>
	/^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/.test(text);
const isTag = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
const isDigest = (text: string): boolean =>
	/^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/.test(text);

/**
 * Parses a name as typed.
 * @throws Failure `invalid reference format`, with the reason where there is one
 */
export function parse(text: string): Reference {
	if (/^[a-f0-9]{64}$/.test(text)) {
		throw invalid(text, "a name cannot be 64 hexadecimal digits");
	}
	const at = text.indexOf("@");
	const digest = at < 0 ? undefined : text.slice(at + 1);
	const named = at < 0 ? text : text.slice(0, at);
	// A colon before the last slash belongs to a port.
	const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
	const tag = colon < 0 ? undefined : named.slice(colon + 1);
	const { domain, path } = split(colon < 0 ? named : named.slice(0, colon));
	if (path.toLowerCase() !== path) throw invalid(text, `repository name (${path}) must be lowercase`);
	const fits = isDomain(domain) && isPath(path) && (tag === undefined || isTag(tag));
	if (!fits || (digest !== undefined && !isDigest(digest))) throw invalid(text);
	if (domain.length + 1 + path.length > LONGEST) throw invalid(text, `longer than ${LONGEST} characters`);
	return { domain, path, tag, digest };
}

/** The first part is a registry's name only if it looks like one: a dot, a port, `localhost`, an upper-case letter. */
function split(name: string): { domain: string; path: string } {
	const slash = name.indexOf("/");
	const first = slash < 0 ? "" : name.slice(0, slash);
	const named = /[.:]/.test(first) || first === "localhost" || first.toLowerCase() !== first;
	const domain = named ? first : HUB;
	const path = named ? name.slice(slash + 1) : name;
	if (domain !== HUB && domain !== "index.docker.io") return { domain, path };
	return { domain: HUB, path: path.includes("/") || path === "" ? path : `library/${path}` };
}

function invalid(text: string, why?: string): Failure {
	return new Failure(`invalid reference format${why ? `: ${why}` : ""}: ${JSON.stringify(text)}`);
}

/** The shortest form with the tag: `busybox:latest`. */
export function familiar(reference: Reference): string {
	const { domain, path, tag = "latest" } = reference;
	const name = domain !== HUB ? `${domain}/${path}` : path.replace(/^library\/(?=[^/]+$)/, "");
	return `${name}:${tag}`;
}

/** Parses a name that shall be given to an image. @throws Failure also where it holds a digest */
export function parseTag(text: string): string {
	const reference = parse(text);
	if (reference.digest !== undefined) {
		throw new Failure(`refusing to create a tag with a digest reference: ${JSON.stringify(text)}`);
	}
	return familiar(reference);
}
