/** A macro: the bundler runs it, and puts what it gives in the place of the call (declarations.ts). */

import { verbs } from "./verbs.ts";

/** verb → its declaration as JSON */
export async function declared(): Promise<Record<string, string>> {
	const texts: Record<string, string> = {};
	for (const [name, { load }] of Object.entries(verbs)) {
		const { run: _, ...declaration } = await load();
		texts[name] = JSON.stringify(declaration);
	}
	return texts;
}
