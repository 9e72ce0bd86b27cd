/** `events --filter`: which events it lets through (moby, daemon/events/filter.go). Pure. */

import { type Filters, matchesExactly, matchesLabels } from "../filters.ts";
import type { Event } from "../kernel/event.ts";

/** docker's names; of what bunker has no events of there are simply none. */
export const eventFilters = [
	"config",
	"container",
	"daemon",
	"event",
	"image",
	"label",
	"network",
	"node",
	"plugin",
	"scope",
	"secret",
	"service",
	"type",
	"volume",
];

/** Actions with a colon and more in them: a filter may name the part before. */
const LONG_ACTIONS = ["health_status", "exec_create", "exec_start"];
const OTHER_TYPES = ["config", "daemon", "node", "plugin", "secret", "service"];

/** True if the filters let the event through: of one name any value is enough, but of `label`. */
export function letsThrough(filters: Filters, event: Event): boolean {
	return (
		matchesAction(filters, event.action) &&
		matchesExactly(filters, "type", event.type) &&
		matchesExactly(filters, "scope", "local") &&
		!OTHER_TYPES.some((type) => filters.has(type)) &&
		matchesContainer(filters, event) &&
		matchesImage(filters, event) &&
		matchesNetwork(filters, event) &&
		matchesVolume(filters, event) &&
		matchesLabels(filters, event.attributes)
	);
}

function matchesAction(filters: Filters, action: string): boolean {
	const wanted = filters.get("event");
	if (!wanted?.some((value) => LONG_ACTIONS.includes(value))) return matchesExactly(filters, "event", action);
	return wanted.some((value) => action.startsWith(value));
}

/** By the beginning of an id or a name. */
function matchesContainer(filters: Filters, { type, actor, attributes }: Event): boolean {
	const wanted = filters.get("container");
	if (wanted === undefined) return true;
	return type === "container" && wanted.some((value) => actor.startsWith(value) || attributes.name?.startsWith(value));
}

/** By the beginning of an id or a name. */
function matchesNetwork(filters: Filters, { type, actor, attributes }: Event): boolean {
	const wanted = filters.get("network");
	if (wanted === undefined) return true;
	return type === "network" && wanted.some((value) => actor.startsWith(value) || attributes.name?.startsWith(value));
}

/** By the beginning of a name. */
function matchesVolume(filters: Filters, { type, actor }: Event): boolean {
	const wanted = filters.get("volume");
	if (wanted === undefined) return true;
	return type === "volume" && wanted.some((value) => actor.startsWith(value));
}

/** An image's own events, and those of containers that were made of it; with or without the tag. */
function matchesImage(filters: Filters, { type, actor, attributes }: Event): boolean {
	const name = (type === "image" ? attributes.name : attributes.image) ?? "";
	return matchesExactly(filters, "image", actor, name, withoutTag(actor), withoutTag(name));
}

/** `localhost:5000/web:1` → `localhost:5000/web` */
function withoutTag(reference: string): string {
	const colon = reference.lastIndexOf(":");
	return colon > reference.lastIndexOf("/") ? reference.slice(0, colon) : reference;
}
