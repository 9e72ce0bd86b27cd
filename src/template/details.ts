/** --format of `inspect`: one object through a template, as docker does it (docker/cli, cli/command/inspect). */

import { EXIT, Failure } from "../failure.ts";
import type { Shape } from "./shape.ts";
import { Template, untyped } from "./template.ts";

/**
 * Parses a template for objects.
 * @returns what prints an object: first as docker's type of it, and where that
 *   has no such field as what stands in the JSON (`.Id`, which the type calls ID)
 * @throws Failure (64) where it cannot be parsed; what it returns does where a field is missing
 */
export function parseDetails(format: string): (json: unknown, shape: Shape) => string {
	const template = explained(() => Template.parse(format), EXIT.template);
	return (json, shape) => {
		try {
			return template.execute(shape(json));
		} catch (error) {
			if (!(error instanceof Failure)) throw error;
			return explained(() => template.execute(untyped(json), { strict: true }));
		}
	};
}

function explained<T>(work: () => T, exitCode: number = EXIT.failed): T {
	try {
		return work();
	} catch (error) {
		throw error instanceof Failure ? new Failure(`template parsing error: ${error.message}`, { exitCode }) : error;
	}
}
