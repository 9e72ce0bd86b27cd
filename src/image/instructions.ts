/**
 * `commit --change` and `import --change`: instructions of a Dockerfile that
 * say how an image is run (moby, builder/dockerfile: dispatchers.go,
 * validCommitCommands of builder.go).
 */

import { Failure } from "../failure.ts";
import { clean } from "../path.ts";
import type { ImageConfig } from "./config.ts";
import { parseHealthcheck } from "./healthcheck.ts";
import { plain, splitWords, takeFlags } from "./words.ts";

export type RunConfig = ImageConfig["config"];

/** An instruction and what follows it. */
interface Instruction {
	keyword: string;
	/** `--NAME=VALUE` between the two */
	flags: string[];
	rest: string;
}

/**
 * Parses what the flags say: lines as in a Dockerfile, one or more to a flag.
 * @throws Failure for what is no instruction, or none of these
 */
export function parseChanges(changes: readonly string[]): Instruction[] {
	return changes
		.join("\n")
		.replace(/\\[ \t]*\n/g, "")
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => {
			const [typed = "", said = ""] = line.split(/[ \t]+(.*)/s, 2);
			const keyword = typed.toUpperCase();
			if (!Object.hasOwn(DISPATCH, keyword))
				throw new Failure(`${typed} is not a valid change command`, { hint: KNOWN });
			const { flags, rest } = takeFlags(said);
			if (keyword !== "HEALTHCHECK" && flags[0] !== undefined) throw new Failure(`unknown flag: ${flags[0]}`);
			if (rest === "") throw new Failure(`${keyword} requires arguments`);
			return { keyword, flags, rest };
		});
}

/** Applies instructions in order; what they say replaces or joins what is there. */
export function applyChanges(config: RunConfig, instructions: readonly Instruction[]): RunConfig {
	const changed = structuredClone(config);
	const state: State = { config: changed, hasCommand: false };
	for (const { keyword, rest, flags } of instructions) DISPATCH[keyword]?.(state, rest, flags);
	// Of a check, what is not said anew stays (moby, daemon/commit.go: merge).
	if (changed.Healthcheck) changed.Healthcheck = { ...config.Healthcheck, ...changed.Healthcheck };
	return changed;
}

interface State {
	config: RunConfig;
	/** CMD has been said: an ENTRYPOINT leaves it */
	hasCommand: boolean;
}

const DISPATCH: Record<string, (state: State, rest: string, flags: readonly string[]) => void> = {
	CMD(state, rest) {
		state.config.Cmd = program(state.config, rest);
		state.hasCommand = true;
	},
	ENTRYPOINT(state, rest) {
		state.config.Entrypoint = program(state.config, rest);
		// The command was the arguments of another entrypoint.
		if (!state.hasCommand) delete state.config.Cmd;
	},
	ENV({ config }, rest) {
		for (const [name, value] of pairs(config, rest, "ENV")) config.Env = withVariable(config.Env ?? [], name, value);
	},
	EXPOSE({ config }, rest) {
		const ports = expandedWords(config, rest).flatMap(portsOf);
		config.ExposedPorts = { ...config.ExposedPorts, ...Object.fromEntries(ports.map((port) => [port, {}])) };
	},
	HEALTHCHECK({ config }, rest, flags) {
		config.Healthcheck = parseHealthcheck(flags, rest, jsonList);
	},
	LABEL({ config }, rest) {
		config.Labels = { ...config.Labels, ...Object.fromEntries(pairs(config, rest, "LABEL")) };
	},
	ONBUILD({ config }, rest) {
		checkTrigger(rest);
		config.OnBuild = [...(config.OnBuild ?? []), rest];
	},
	STOPSIGNAL({ config }, rest) {
		config.StopSignal = onlyWord(config, rest, "STOPSIGNAL");
	},
	USER({ config }, rest) {
		config.User = onlyWord(config, rest, "USER");
	},
	VOLUME({ config }, rest) {
		const targets = jsonList(rest) ?? expandedWords(config, rest);
		if (targets.some((target) => target.trim() === ""))
			throw new Failure("VOLUME specified can not be an empty string");
		config.Volumes = { ...config.Volumes, ...Object.fromEntries(targets.map((target) => [target, {}])) };
	},
	WORKDIR({ config }, rest) {
		const directory = plain(rest, variablesOf(config));
		const from = directory.startsWith("/") ? "" : (config.WorkingDir ?? "");
		config.WorkingDir = clean(`${from}/${directory}`);
	},
};

const KNOWN = `known are ${Object.keys(DISPATCH).join(", ")}`;

/** `["a", "b"]` as it is, anything else for a shell. */
function program(config: RunConfig, rest: string): string[] {
	return jsonList(rest) ?? [...(config.Shell ?? ["/bin/sh", "-c"]), rest];
}

/**
 * @returns undefined for what is no JSON list: docker takes that as plain words, too
 * @throws Failure for a list that holds other things than texts
 */
function jsonList(text: string): string[] | undefined {
	if (!text.startsWith("[")) return undefined;
	const list = jsonOf(text);
	if (!Array.isArray(list)) return undefined;
	if (list.every((item) => typeof item === "string")) return list;
	throw new Failure(`${text}: a list of other things than strings`);
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** `NAME=value NAME2="a b"`, or in the old form `NAME value to the end`. */
function pairs(config: RunConfig, rest: string, keyword: string): [string, string][] {
	const variables = variablesOf(config);
	const words = splitWords(rest);
	const [first = ""] = words;
	if (!first.includes("=")) {
		const value = rest.slice(first.length).trim();
		if (value === "") throw new Failure(`${keyword} must have two arguments`);
		return [[plain(first, variables), plain(value, variables)]];
	}
	return words.map((word) => {
		const equals = word.indexOf("=");
		if (equals < 0)
			throw new Failure(`Syntax error - can't find = in ${JSON.stringify(word)}. Must be of the form: name=value`);
		const name = plain(word.slice(0, equals), variables);
		if (name === "") throw new Failure(`${keyword} names can not be blank`);
		return [name, plain(word.slice(equals + 1), variables)];
	});
}

/** The place of the first of a name is kept. */
function withVariable(variables: readonly string[], name: string, value: string): string[] {
	const index = variables.findIndex((variable) => variable.split("=", 1)[0] === name);
	return index < 0 ? [...variables, `${name}=${value}`] : variables.with(index, `${name}=${value}`);
}

function variablesOf(config: RunConfig): (name: string) => string | undefined {
	const variables = (config.Env ?? []).map((variable): [string, string] => {
		const equals = variable.indexOf("=");
		return [variable.slice(0, equals), variable.slice(equals + 1)];
	});
	const values = new Map(variables);
	return (name) => values.get(name);
}

const expandedWords = (config: RunConfig, rest: string): string[] =>
	splitWords(rest).map((word) => plain(word, variablesOf(config)));

function onlyWord(config: RunConfig, rest: string, keyword: string): string {
	const [word = "", ...more] = expandedWords(config, rest);
	if (more.length > 0) throw new Failure(`${keyword} requires exactly one argument`);
	return word;
}

/** `80`, `80/udp`, `7000-7002/tcp` → `80/tcp` … */
function portsOf(word: string): string[] {
	const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
	const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
	if (!match || first > last || last > 65_535) throw new Failure(`invalid containerPort: ${word}`);
	const protocol = match[3]?.toLowerCase() ?? "tcp";
	return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}

function checkTrigger(rest: string): void {
	const trigger = /^\S+/.exec(rest)?.[0].toUpperCase();
	if (trigger === "ONBUILD") throw new Failure("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
	if (trigger === "FROM" || trigger === "MAINTAINER")
		throw new Failure(`${trigger} isn't allowed as an ONBUILD trigger`);
}
