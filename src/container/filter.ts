/** Which containers a filter of `ps` lets through (moby, daemon/list.go). */

import { Failure } from "../failure.ts";
import { type Filters, matchesExactly, matchesLabels, matchesPattern, truthOf } from "../filters.ts";
import { find as findImage, type Image } from "../image/image.ts";
import type { Store } from "../kernel/store.ts";
import { type Facts, mountPoints } from "./facts.ts";
import type { Summary } from "./list.ts";
import { parsePorts } from "./ports.ts";
import { shownNetworks } from "./shown-networks.ts";
import { shownPorts } from "./shown-ports.ts";
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
		byNetwork(store, filters),
		({ options }) =>
			matchesExactly(
				filters,
				"volume",
				...mountPoints(store, options).flatMap((mount) => [mount.Name ?? mount.Source, mount.Destination]),
			),
		// Isolation is Windows', where "default" is none; tasks are a swarm's.
		() => !filters.has("isolation"),
		() => truthOf(filters, "is-task") !== true,
		byExit(filters),
		byAge(store, filters),
		byAncestor(store, filters, facts),
		byPorts(store, filters, facts),
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

/** By a network's name, or the beginning of its id. */
function byNetwork(store: Store, filters: Filters): Test {
	const wanted = filters.get("network");
	if (wanted === undefined) return () => true;
	const networks = shownNetworks(store);
	return (summary) =>
		networks(summary).some(({ name, network }) => wanted.some((value) => value === name || network.startsWith(value)));
}

/** docker: what one of publish= (of the host) and expose= (of the container) fits, fits. Of what does not run, none does. */
function byPorts(store: Store, filters: Filters, facts: Facts): Test {
	const [onHost, inside] = [wantedPorts(filters, "publish"), wantedPorts(filters, "expose")];
	if (onHost.size === 0 && inside.size === 0) return () => true;
	const portsOf = shownPorts(store, facts);
	return (summary) =>
		portsOf(summary).some(
			({ port, host, protocol }) => onHost.has(`${host}/${protocol}`) || inside.has(`${port}/${protocol}`),
		);
}

function wantedPorts(filters: Filters, name: string): Set<string> {
	return new Set(filters.get(name)?.flatMap((value) => parsePorts(value) ?? wrongPort(name, value)));
}

function wrongPort(name: string, value: string): never {
	throw new Failure(`invalid filter '${name}=${value}': a port (80, 80/udp, 8000-8080/tcp) is expected`);
}
