/**
 * The verbs that start and look, as one: the bundler makes a chunk of what is
 * imported together, and to load twenty small ones costs a millisecond more
 * than this one does. What nearly every verb imports when it runs is here for
 * the same reason. Other verbs are chunks of their own: every kilobyte here
 * costs `run` some 40 us.
 */

import "../flags/config.ts";
import "./store.ts";

export { default as create } from "./create.ts";
export { default as exec } from "./exec.ts";
export { default as images } from "./images.ts";
export { default as kill } from "./kill.ts";
export { default as logs } from "./logs.ts";
export { default as ps } from "./ps.ts";
export { default as reap } from "./reap.ts";
export { default as restart } from "./restart.ts";
export { default as rm } from "./rm.ts";
export { default as run } from "./run.ts";
export { default as start } from "./start.ts";
export { default as stop } from "./stop.ts";
export { default as wait } from "./wait.ts";
