/** `volume create`. */

import { EXIT, Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { dropEmpty, makeContent } from "./content.ts";
import { limitContent } from "./limit.ts";
import { checkVolume } from "./rules.ts";
import { ensure, find, type NewVolume, type Volume } from "./table.ts";

/**
 * Makes a volume; one that is there is no error. Its directory is made within
 * the transaction: whoever removes the volume then finds it.
 * @returns the one that is there now
 * @throws Failure for a wrong name or option, where it is there with other options, and where it cannot be of its size
 */
export function create(store: Store, asked: NewVolume): Volume {
	checkVolume(asked);
	const volume = attempt(store, asked, () => {
		const known = find(store, asked.name);
		if (known && asked.options && !isSame(known.options, asked.options)) throw differs(known);
		const made = known ?? ensure(store, asked);
		makeContent(store.places, asked.name);
		if (!known) limitContent(store.places, made);
		return made;
	});
	announce(store);
	return volume;
}

/** On a full disk there may be room for a directory, but not for the row. */
function attempt(store: Store, { name }: NewVolume, work: () => Volume): Volume {
	try {
		return store.transaction(work);
	} catch (error) {
		store.transaction(() => find(store, name) ?? dropEmpty(store.places, name));
		throw error instanceof Failure ? error.withExitCode(EXIT.failed) : error;
	}
}

function isSame(one: Readonly<Record<string, string>> = {}, other: Readonly<Record<string, string>>): boolean {
	const names = Object.keys(one);
	return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function differs({ name, options = {} }: Volume): Failure {
	const pairs = Object.entries(options).map(([option, value]) => `${option}=${value}`);
	const what = pairs.length > 0 ? pairs.join(" ") : "no options";
	return new Failure(`create ${name}: there is a volume of that name already, with ${what}`, {
		hint: "remove it first, or leave its options out",
	});
}
