/**
 * The values of -v, --volumes-from and --volume-driver, in docker's grammar and
 * mostly in its words: what its client says (docker/cli, internal/volumespec),
 * then what its daemon does (moby, volume/mounts/linux_parser.go). Loaded where
 * one of them is given. Nothing here knows which volumes there are.
 */

import type { Propagation, VolumeOption } from "../container/options.ts";
import { clean } from "../path.ts";
import { refusalOfTarget } from "../runtime/target.ts";
import { absolute } from "../text/path.ts";
import { malformed } from "./usage.ts";

/** Words of a mode, in groups: of each at most one. SELinux' labels and consistency are taken, and change nothing. */
const MODES: readonly (readonly string[])[] = [
	["rw", "ro"],
	["z", "Z"],
	["private", "rprivate", "shared", "rshared", "slave", "rslave"],
	["nocopy"],
	["consistent", "cached", "delegated"],
];

/**
 * Parses all `-v` of a command line; the same one twice is one, as docker has it.
 * @throws Failure (125)
 */
export function parseVolumes(volumes: readonly string[]): VolumeOption[] {
	return [...new Set(volumes)].map(parseVolume);
}

function parseVolume(typed: string): VolumeOption {
	const [source, target, mode] = splitVolume(typed);
	if (!isMode(mode)) throw malformed(`invalid mode: ${mode}`);
	const kind = source.startsWith("/") ? "bind" : "volume";
	const reason = refusalOfTarget(target, source) ?? refusalOfMode(kind, mode);
	if (reason !== undefined)
		throw malformed(`invalid volume specification: '${typed}': invalid mount config for type "${kind}": ${reason}`);
	return optionOf({ source, target, mode, kind });
}

/** @returns the source as an absolute path, where it is a path */
function splitVolume(typed: string): [source: string, target: string, mode: string] {
	if (typed === "") throw malformed("invalid empty volume spec");
	const sections = typed.split(":");
	for (let at = 0; at < sections.length; at++) {
		if (sections[at] === "") throw malformed(`invalid spec: ${typed}: empty section between colons`);
		if (at === 3) throw malformed(`invalid spec: ${typed}: too many colons`);
	}
	const [source = "", target, mode = ""] = sections;
	if (target === undefined) return ["", source, ""];
	// What has no mode of its own cannot end with one: `/data:ro` is no volume on `ro`.
	if (sections.length === 2 && isMode(target)) throw malformed(`invalid volume specification: '${typed}'`);
	return [source.startsWith(".") ? absolute(source) : source, target, mode];
}

/** True of what docker takes for a mode: known words, none of them beside another of its group. */
function isMode(mode: string): boolean {
	if (mode === "") return true;
	const groups = new Set<readonly string[]>();
	const words = mode.split(",");
	for (const word of words) for (const group of MODES) if (group.includes(word)) groups.add(group);
	return groups.size === words.length;
}

function wordOf(mode: string, group: readonly string[] = []): string | undefined {
	if (mode !== "") for (const word of mode.split(",")) if (group.includes(word)) return word;
	return undefined;
}

const propagationOf = (mode: string) => wordOf(mode, MODES[2]) as Propagation | undefined;
const isNoCopy = (mode: string): boolean => wordOf(mode, MODES[3]) !== undefined;

/** docker's words: they name fields of its API. */
function refusalOfMode(kind: "bind" | "volume", mode: string): string | undefined {
	if (kind === "volume" && propagationOf(mode)) return "field BindOptions must not be specified";
	return kind === "bind" && isNoCopy(mode) ? "field VolumeOptions must not be specified" : undefined;
}

function optionOf(given: { source: string; target: string; mode: string; kind: "bind" | "volume" }): VolumeOption {
	const { source, mode, kind } = given;
	const propagation = propagationOf(mode);
	const option: VolumeOption = {
		source: kind === "bind" ? clean(source) : source,
		target: clean(given.target),
		readOnly: wordOf(mode, ["ro"]) !== undefined,
	};
	if (kind === "volume") option.named = true;
	if (mode !== "" && mode !== "ro") option.mode = mode;
	if (propagation) option.propagation = propagation;
	if (isNoCopy(mode)) option.noCopy = true;
	const typed = [source, given.target, mode].filter(Boolean).join(":");
	if (option.source !== source || option.target !== given.target) option.typed = typed;
	return option;
}

/**
 * Checks all `CONTAINER[:MODE]`: whether it is read-only can be said, how it is filled and propagated is its maker's.
 * @returns them as typed
 * @throws Failure (125)
 */
export function parseVolumesFrom(typed: readonly string[]): string[] {
	for (const text of typed) {
		if (text === "") throw malformed("volumes-from specification cannot be an empty string");
		const colon = text.indexOf(":");
		const mode = colon < 0 ? "" : text.slice(colon + 1);
		if (!isMode(mode) || propagationOf(mode) || isNoCopy(mode)) throw malformed(`invalid mode: ${mode}`);
	}
	return [...typed];
}

/** There are no plugins: nobody else can be asked. @throws Failure (125) */
export function parseDriver(driver: string): string {
	if (driver === "local") return driver;
	const name = JSON.stringify(driver);
	throw malformed(`error looking up volume plugin ${driver}: plugin ${name} not found`, "bunker's volumes are `local`");
}
