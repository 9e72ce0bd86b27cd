/**
 * Copying files and trees between directories that are open, and archives: the
 * face of this folder. Either end may be a container's, which somebody who is
 * not trusted changes meanwhile: every name is opened below the descriptor of
 * its directory, never through a link, so nothing leads out of where it began.
 */

export { type Landing, landing, nameOf } from "./landing.ts";
export { packTree } from "./pack.ts";
export { type Found, Side } from "./side.ts";
export type { CopyOptions, PackOptions, Spot } from "./spot.ts";
export { copyTree } from "./tree.ts";
export { baseOf, parentOf, type TypedPath } from "./typed-path.ts";
export { unpackInto } from "./unpack.ts";
