/** Telling "there is no such container", a network or a volume, from other failures. */

import { Failure } from "../failure.ts";

/** True for the failure of a name that no container has. */
export function isNoSuchContainer(error: unknown): boolean {
	return error instanceof Failure && error.kind === "no such container";
}

/** The same of networks. */
export function isNoSuchNetwork(error: unknown): boolean {
	return error instanceof Failure && error.kind === "no such network";
}

/** The same of volumes. */
export function isNoSuchVolume(error: unknown): boolean {
	return error instanceof Failure && error.kind === "no such volume";
}
