/** Which containers a filter of `ps` lets through (moby, daemon/list.go). */

import { Failure } from "../failure.ts";
import { type Filters, matchesExactly, matchesLabels, matchesPattern, truthOf } from "../filters.ts";
import { find as findImage, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { type Facts, mountPoints } from "./facts.ts";
import type { Summary } from "./list.ts";
import { parsePorts } from "./ports.ts";
import { find } from "./table.ts";

/** docker's, those that nothing of ours is in yet too. */
const STATES = ["created", "restarting", "running", "removing", "paused", "exited", "dead"];
const HEALTHS = ["starting", "healthy", "unhealthy", "none"];

type Test = (summary: Summary) => boolean;

/**
 * Compiles filters into a test of one container.
 * @throws Failure for a value that is none, or a container of before= or since= that is not there
 */
export function compileFilters(store: Store, filters: Filters, facts: Facts): Test {
	checkValues(filters, "status", STATES);
	checkValues(filters, "health", HEALTHS);
	const tests: Test[] = [
		({ id }) => matchesPattern(filters, "id", id),
		({ name }) => matchesPattern(filters, "name", name, `/${name}`),
		({ state }) => matchesExactly(filters, "status", state),
		({ health = "none" }) => matchesExactly(filters, "health", health),
		(summary) => !filters.has("label") || matchesLabels(filters, facts.labels(summary)),
		({ options }) => matchesExactly(filters, "network", options.network),
		({ options }) =>
			matchesExactly(
				filters,
				"volume",
				...mountPoints(options).flatMap((mount) => [mount.Name ?? mount.Source, mount.Destination]),
			),
		// Isolation is Windows', where "default" is none; tasks are a swarm's; nothing is published before there are networks.
		() => !filters.has("isolation"),
		() => truthOf(filters, "is-task") !== true,
		byExit(filters),
		byAge(store, filters),
		byAncestor(store, filters, facts),
		byPort(filters, "publish", () => []),
		byPort(filters, "expose", (summary) => facts.exposed(summary)),
	];
	return (summary) => tests.every((test) => test(summary));
}

function checkValues(filters: Filters, name: string, known: readonly string[]): void {
	const wrong = filters.get(name)?.find((value) => !known.includes(value));
	if (wrong !== undefined)
		throw new Failure(`invalid filter '${name}=${wrong}': one of ${known.join(", ")} is expected`);
}

function byExit(filters: Filters): Test {
	const codes = filters.get("exited");
	if (codes === undefined) return () => true;
	const wrong = codes.find((code) => !/^[+-]?[0-9]+$/.test(code));
	if (wrong !== undefined) throw new Failure(`invalid filter 'exited=${wrong}': a number is expected`);
	return ({ state, started, exitCode }) =>
		state !== "running" &&
		state !== "paused" &&
		started !== undefined &&
		codes.some((code) => Number(code) === exitCode);
}

function byAge(store: Store, filters: Filters): Test {
	const created = (name: string) => filters.get(name)?.map((container) => find(store, container).created);
	// docker takes the last one given; of several the narrowest is what a user can mean.
	const before = created("before")?.sort()[0];
	const since = created("since")?.sort().at(-1);
	return (summary) =>
		(before === undefined || summary.created < before) && (since === undefined || summary.created > since);
}

/** Made of the image, or of one that was made on top of it. */
function byAncestor(store: Store, filters: Filters, facts: Facts): Test {
	const ancestors = filters.get("ancestor")?.map((name) => findImage(store, name));
	if (ancestors === undefined) return () => true;
	return (summary) => {
		const image = facts.image(summary);
		return image !== undefined && ancestors.some((ancestor) => ancestor && isAncestor(ancestor, image));
	};
}

/** Its layers are the lowest of the other's; where nothing was added to them, its history is the shorter one. */
function isAncestor(one: Image, other: Image): boolean {
	if (one.id === other.id) return true;
	if (one.layers.length === 0 || !one.layers.every((layer, index) => other.layers[index] === layer)) return false;
	const steps = ({ config }: Image) => config.history?.length ?? 0;
	return one.layers.length < other.layers.length || steps(one) < steps(other);
}

function byPort(filters: Filters, name: string, portsOf: (summary: Summary) => string[]): Test {
	const wanted = filters.get(name)?.flatMap((value) => wantedPorts(name, value));
	if (wanted === undefined) return () => true;
	return (summary) => portsOf(summary).some((port) => parsePorts(port)?.some((one) => wanted.includes(one)));
}

function wantedPorts(name: string, value: string): string[] {
	const ports = parsePorts(value);
	if (ports) return ports;
	throw new Failure(`invalid filter '${name}=${value}': a port (80, 80/udp, 8000-8080/tcp) is expected`);
}
