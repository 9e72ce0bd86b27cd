/** What is run: the command, its environment and working directory, of the options and the image. Pure. */

import { EXIT, Failure } from "../failure.ts";
import type { ImageConfig } from "../image/image.ts";
import type { RunOptions } from "./options.ts";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The image's part of a container's configuration; undefined with --rootfs. */
export type Config = ImageConfig["config"] | undefined;

/**
 * Entrypoint and command. A new entrypoint drops the image's command with it.
 * @throws Failure (125) if there is none
 */
export function programArguments(options: RunOptions, image: Config): string[] {
	const entrypoint = options.entrypoint ?? image?.Entrypoint ?? [];
	const inherited = options.entrypoint?.length ? [] : (image?.Cmd ?? []);
	const args = [...entrypoint, ...(options.command.length > 0 ? options.command : inherited)];
	if (args.length === 0 || args[0] === "") throw new Failure("no command specified", { exitCode: EXIT.refused });
	return args;
}

/** Defaults, links, then the image's variables, then the user's; a later one of the same name replaces. */
export function environment(
	options: RunOptions,
	image: Config,
	hostname: string,
	linked: readonly string[] = [],
): string[] {
	const defaults = [DEFAULT_PATH, `HOSTNAME=${hostname}`, ...(options.tty ? ["TERM=xterm"] : []), ...linked];
	return mergeVariables(defaults, image?.Env ?? [], options.env);
}

/** Merges lists of `NAME=value`; the place of the first of a name is kept. */
export function mergeVariables(...lists: readonly string[][]): string[] {
	const merged = new Map<string, string>();
	for (const variable of lists.flat()) merged.set(variable.split("=", 1)[0] as string, variable);
	const variables: string[] = [];
	for (const variable of merged.values()) variables.push(variable);
	return variables;
}

/** Absolute; the root where nobody says anything. */
export function workingDirectory(options: RunOptions, image: Config): string {
	const directory = options.workingDirectory || image?.WorkingDir || "/";
	return directory.startsWith("/") ? directory : `/${directory}`;
}
