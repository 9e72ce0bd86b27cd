/** Makes a tree that is deeper than a path may be long, copies it, and looks how deep the copy is: FROM TO DEPTH. */

import { O_CREAT, O_DIRECTORY, O_PATH, O_WRONLY } from "../../ffi/constants.ts";
import { close, open, openAt, openIfThere, statusIfThere } from "../../ffi/file.ts";
import { call } from "../../ffi/system.ts";
import { copyPath } from "./copy-scene.ts";

const [from = "", to = "", depth = "0"] = process.argv.slice(2);
const NAME = "d".repeat(20);

let at = open(from, O_PATH | O_DIRECTORY);
for (let level = 0; level < Number(depth); level++) {
	call("make a directory", "mkdirat", at, NAME, 0o755);
	const next = openAt(at, NAME, O_PATH | O_DIRECTORY);
	close(at);
	at = next;
}
close(openAt(at, "bottom", O_CREAT | O_WRONLY, 0o644));
close(at);

copyPath(from, `${to}/x`);

let found = 0;
at = open(`${to}/x`, O_PATH | O_DIRECTORY);
for (let next = openIfThere(NAME, O_PATH | O_DIRECTORY, at); next !== undefined; found++) {
	close(at);
	at = next;
	next = openIfThere(NAME, O_PATH | O_DIRECTORY, at);
}
console.log(`${found} directories, then bottom: ${statusIfThere("bottom", at) ? "found" : "missing"}`);
