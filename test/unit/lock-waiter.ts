/** Takes an operation lock, says so, and holds it until its stdin ends. */

import { lockOperation } from "../../src/container/locks.ts";
import type { Store } from "../../src/kernel/store.ts";

const [runRoot = "", id = ""] = process.argv.slice(2);
lockOperation({ places: { root: "/nowhere", runRoot } } as Store, id);
process.stdout.write("locked\n");
process.stdin.resume();
