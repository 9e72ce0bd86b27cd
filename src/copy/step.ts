/** Where we are in a tree, as the names on the way: a path that nobody writes out unless it is needed. */

import { decodeText } from "../../ffi/text.ts";

const SLASH = 0x2f;

export class Step {
	/** @param name without a NUL; of the topmost not used */
	constructor(
		private readonly above: Step | undefined,
		private readonly name: Uint8Array,
	) {}

	/** As text, each name after a slash; "" for the topmost. */
	text(): string {
		return this.names()
			.map((name) => `/${decodeText(name)}`)
			.join("");
	}

	/** The way from the topmost, in paths shorter than `most` bytes, each relative to the one before. */
	pathsBelowTop(most: number): Uint8Array[] {
		const paths: number[][] = [];
		for (const name of this.names()) {
			const last = paths[paths.length - 1];
			if (last && last.length + 1 + name.length < most) last.push(SLASH, ...name);
			else paths.push([...name]);
		}
		return paths.map((path) => new Uint8Array(path));
	}

	private names(): Uint8Array[] {
		const names: Uint8Array[] = [];
		for (let step: Step = this; step.above; step = step.above) names.push(step.name);
		return names.reverse();
	}
}
