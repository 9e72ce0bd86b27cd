/**
 * The modules of all verbs but `version`, as one: the bundler makes a chunk of
 * what is imported together, and to load twenty small ones costs a millisecond
 * more than this one does. What nearly every verb imports when it runs is here
 * for the same reason.
 */

import "../container/container.ts";
import "../image/image.ts";
import "../flags/config.ts";
import "./store.ts";

export { default as attach } from "./attach.ts";
export { default as boot } from "./boot.ts";
export { default as commit } from "./commit.ts";
export { default as containerInspect } from "./container-inspect.ts";
export { default as containerPrune } from "./container-prune.ts";
export { default as create } from "./create.ts";
export { default as diff } from "./diff.ts";
export { default as events } from "./events.ts";
export { default as exec } from "./exec.ts";
export { default as exportVerb } from "./export.ts";
export { default as history } from "./history.ts";
export { default as imageInspect } from "./image-inspect.ts";
export { default as imagePrune } from "./image-prune.ts";
export { default as images } from "./images.ts";
export { default as importVerb } from "./import.ts";
export { default as info } from "./info.ts";
export { default as inspect } from "./inspect.ts";
export { default as kill } from "./kill.ts";
export { default as load } from "./load.ts";
export { default as logs } from "./logs.ts";
export { default as ps } from "./ps.ts";
export { default as reap } from "./reap.ts";
export { default as rename } from "./rename.ts";
export { default as restart } from "./restart.ts";
export { default as rm } from "./rm.ts";
export { default as rmi } from "./rmi.ts";
export { default as run } from "./run.ts";
export { default as save } from "./save.ts";
export { default as start } from "./start.ts";
export { default as stop } from "./stop.ts";
export { default as systemDf } from "./system-df.ts";
export { default as systemPrune } from "./system-prune.ts";
export { default as tag } from "./tag.ts";
export { default as wait } from "./wait.ts";
