/** The fields of one --mount, one by one: `NAME=VALUE`, or the NAME of a switch. */

import type { MountOption, Propagation, Recursive } from "../container/options.ts";
import { parseBinarySize } from "../size.ts";
import { absolute } from "../text/path.ts";
import { truth } from "./grammar.ts";
import { splitPair } from "./pairs.ts";

/** What has been read of one. */
export interface Draft {
	/** the type as typed: that it is one is checked last, as docker's daemon does it */
	mount: Omit<MountOption, "type"> & { type: string };
	/** whose options were given: `bind` of `bind-propagation` */
	groups: Set<string>;
	/** an option that docker has deprecated */
	deprecated?: true;
}

/** Sets what a field says. @returns what is wrong with its value */
type Reader = (draft: Draft, value: string, name: string) => string | undefined;

/** A member that is a text; an empty one is none. */
const text =
	(member: "source" | "target" | "subpath" | "driver"): Reader =>
	({ mount }, value) => {
		mount[member] = value;
		if (value === "" && member !== "target") delete mount[member];
		return undefined;
	};

const lowered =
	(member: "type" | "consistency" | "propagation"): Reader =>
	({ mount }, value) => {
		mount[member] = value.toLowerCase() as Propagation;
		if (value === "" && member !== "type") delete mount[member];
		return undefined;
	};

/** The path of a bind may be relative, if it says so with a dot. */
const source: Reader = (draft, value, name) =>
	text("source")(draft, value.startsWith(".") ? absolute(value) : value, name);

const flag =
	(member: "readOnly" | "noCopy" | "create"): Reader =>
	({ mount }, value, name) => {
		const on = truth(value);
		if (on === undefined) return `invalid value for ${name}: ${value}`;
		if (on) mount[member] = true;
		else delete mount[member];
		return undefined;
	};

/** One of many `KEY=VALUE`. */
const pair =
	(member: "labels" | "driverOptions"): Reader =>
	({ mount }, value, name) => {
		const [key, of] = splitPair(value);
		if (key === "") return `invalid value for ${name}: ${value}`;
		mount[member] = { ...mount[member], [key]: of };
		return undefined;
	};

/** A number that is not zero: that is docker's for none. */
const count =
	(member: "size" | "mode", parse: (value: string) => number | undefined): Reader =>
	({ mount }, value, name) => {
		const number = parse(value);
		if (number === undefined) return `invalid value for ${name}: ${value}`;
		if (number > 0) mount[member] = number;
		else delete mount[member];
		return undefined;
	};

const octal = (value: string): number | undefined =>
	/^[0-7]+$/.test(value) && Number.parseInt(value, 8) <= 0xffffffff ? Number.parseInt(value, 8) : undefined;

const recursion: Reader = ({ mount }, value, name) => {
	if (!["enabled", "disabled", "writable", "readonly"].includes(value))
		return `invalid value for ${name}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`;
	if (value === "enabled") return undefined;
	if (mount.recursive !== undefined && mount.recursive !== value) return `${name} is ${mount.recursive} already`;
	mount.recursive = value as Recursive;
	return undefined;
};

/** Until docker 29. */
const nonRecursive: Reader = (draft, value, name) => {
	draft.deprecated = true;
	const on = truth(value);
	if (on === undefined) return `invalid value for ${name}: ${value}`;
	return on ? recursion(draft, "disabled", name) : undefined;
};

const READERS: Record<string, Reader> = {
	type: lowered("type"),
	source,
	src: source,
	target: text("target"),
	dst: text("target"),
	destination: text("target"),
	readonly: flag("readOnly"),
	ro: flag("readOnly"),
	consistency: lowered("consistency"),
	"bind-propagation": lowered("propagation"),
	"bind-nonrecursive": nonRecursive,
	"bind-recursive": recursion,
	// docker has it since 29.
	"bind-create-src": flag("create"),
	"volume-nocopy": flag("noCopy"),
	"volume-subpath": text("subpath"),
	"volume-label": pair("labels"),
	"volume-driver": text("driver"),
	"volume-opt": pair("driverOptions"),
	"image-subpath": text("subpath"),
	"tmpfs-size": count("size", parseBinarySize),
	"tmpfs-mode": count("mode", octal),
};

/** What is switched on by its name alone. */
const SWITCHES = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"];

/** Takes one field into a draft. @returns what is wrong with it */
export function readField(draft: Draft, field: string): string | undefined {
	const equals = field.indexOf("=");
	const name = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
	if (equals < 0 && !SWITCHES.includes(name)) return `invalid field '${field}' must be a key=value pair`;
	const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
	if (!reader) return `unexpected key '${name}' in '${field}'`;
	const value = equals < 0 ? "true" : field.slice(equals + 1);
	const [, group] = /^(bind|volume|image|tmpfs)-/.exec(name) ?? [];
	// That is what holds without it; docker takes it of any type.
	if (group && !(name === "bind-recursive" && value === "enabled")) draft.groups.add(group);
	return reader(draft, value, name);
}
