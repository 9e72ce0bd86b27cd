/** `--restart`: docker's grammar and sentences (docker/cli, opts/parse.go; moby, api/types/container). */

import type { RestartPolicy } from "../container/options.ts";
import { malformed } from "./usage.ts";

const NAMES: readonly string[] = ["no", "always", "on-failure", "unless-stopped"] satisfies RestartPolicy["name"][];

/**
 * Parses a restart policy: `no`, `always`, `unless-stopped`, `on-failure[:COUNT]`.
 * @param options.remove --rm is there too, which no policy goes with
 * @returns undefined where none was asked for
 * @throws Failure (125)
 */
export function parseRestart(text: string | undefined, options: { remove: boolean }): RestartPolicy | undefined {
	if (!text) return undefined;
	const colon = text.indexOf(":");
	const name = colon < 0 ? text : text.slice(0, colon);
	if (name === "") throw malformed("invalid restart policy format: no policy provided before colon");
	if (!NAMES.includes(name))
		throw malformed(`invalid restart policy: unknown policy '${name}'; use one of ${NAMES.join(", ")}`);
	const maximumRetries = parseCount(name, colon < 0 ? "" : text.slice(colon + 1));
	if (name !== "no" && options.remove) throw malformed("conflicting options: cannot specify both --restart and --rm");
	return { name: name as RestartPolicy["name"], maximumRetries };
}

function parseCount(name: string, text: string): number {
	if (text === "") return 0;
	if (!/^[+-]?[0-9]{1,9}$/.test(text))
		throw malformed("invalid restart policy format: maximum retry count must be an integer");
	const count = Number(text);
	if (name !== "on-failure" && count !== 0)
		throw malformed("invalid restart policy: maximum retry count can only be used with 'on-failure'");
	if (count < 0) throw malformed("invalid restart policy: maximum retry count cannot be negative");
	return count;
}
