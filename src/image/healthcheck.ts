/** `HEALTHCHECK`: an image's health check as a Dockerfile says it (buildkit, frontend/dockerfile/instructions/parse.go). */

import { parseGoDuration } from "../duration.ts";
import { Failure } from "../failure.ts";

/** docker's HealthcheckConfig: durations in nanoseconds; what is not said is missing. */
export interface Healthcheck {
	Test?: string[];
	Interval?: number;
	Timeout?: number;
	StartPeriod?: number;
	StartInterval?: number;
	Retries?: number;
}

const MILLISECOND = 1_000_000;

/** Go's int32, which docker reads --retries as. */
const MOST_RETRIES = 0x7fff_ffff;

const DURATIONS = {
	interval: "Interval",
	timeout: "Timeout",
	"start-period": "StartPeriod",
	"start-interval": "StartInterval",
} as const;

/**
 * Makes the check of the instruction's parts.
 * @param flags its `--NAME=VALUE`, freed of quotes
 * @param rest `CMD …` or `NONE`
 * @param list what reads a JSON list; undefined for what is none
 * @throws Failure
 */
export function parseHealthcheck(
	flags: readonly string[],
	rest: string,
	list: (text: string) => string[] | undefined,
): Healthcheck {
	const [typed = "", said = ""] = rest.split(/\s+(.*)/s, 2);
	const kind = typed.toUpperCase();
	if (kind === "NONE") {
		if (said !== "") throw new Failure("HEALTHCHECK NONE takes no arguments");
		return { Test: ["NONE"] };
	}
	const values = parseFlags(flags);
	if (kind !== "CMD") throw new Failure(`Unknown type ${JSON.stringify(kind)} in HEALTHCHECK (try CMD)`);
	const words = list(said);
	const command = words ?? [said].filter(Boolean);
	if (command.length === 0) throw new Failure("Missing command after HEALTHCHECK CMD");
	return { Test: [words ? "CMD" : "CMD-SHELL", ...command], ...durations(values), ...retries(values) };
}

function parseFlags(flags: readonly string[]): Map<string, string> {
	const values = new Map<string, string>();
	for (const flag of flags) {
		const [typed = "", value] = flag.split(/=(.*)/s, 2);
		const name = typed.slice(2);
		if (!Object.hasOwn(DURATIONS, name) && name !== "retries") throw new Failure(`unknown flag: ${typed}`);
		if (values.has(name)) throw new Failure(`duplicate flag specified: ${typed}`);
		if (value === undefined) throw new Failure(`missing a value on flag: ${typed}`);
		values.set(name, value);
	}
	return values;
}

function durations(values: ReadonlyMap<string, string>): Healthcheck {
	const said = Object.entries(DURATIONS).map(([name, field]) => [field, parseInterval(name, values.get(name))]);
	return Object.fromEntries(said.filter(([, duration]) => duration));
}

function parseInterval(name: string, text: string | undefined): number | undefined {
	if (!text) return undefined;
	const duration = parseGoDuration(text);
	if (duration === undefined)
		throw new Failure(`invalid duration ${JSON.stringify(text)} for --${name} of HEALTHCHECK: 1m30s is expected`);
	if (duration !== 0 && duration < MILLISECOND) throw new Failure(`Interval "${name}" cannot be less than 1ms`);
	return duration;
}

function retries(values: ReadonlyMap<string, string>): Healthcheck {
	const text = values.get("retries");
	if (!text) return {};
	const count = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!(Math.abs(count) <= MOST_RETRIES))
		throw new Failure(`invalid --retries=${text} of HEALTHCHECK: a whole number is expected`);
	if (count < 0) throw new Failure(`--retries cannot be negative (${count})`);
	return count > 0 ? { Retries: count } : {};
}
