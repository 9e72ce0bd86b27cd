/** `rename`: docker's rules (moby, daemon/rename.go). */

import { EXIT, Failure } from "../failure.ts";
import { announce } from "../kernel/event.ts";
import type { Store } from "../kernel/store.ts";
import { renameEndpoints } from "../network/network.ts";
import { recordOf } from "./events.ts";
import { checkName } from "./names.ts";
import type { RunOptions } from "./options.ts";
import { find, setName } from "./table.ts";

/**
 * Gives a container another name, running or not.
 * @throws Failure (1) if the name cannot be one, is its own already, or another's
 */
export function rename(store: Store, name: string, newName: string): void {
	if (name === "" || newName === "") throw new Failure("neither old nor new names may be empty");
	const container = find(store, name);
	const wanted = newName.replace(/^\//, "");
	if (wanted === container.name)
		throw new Failure(`rename ${name}: renaming a container with the same name as its current name`);
	try {
		checkName(wanted);
		store.transaction(() => {
			setName(store, container.id, wanted);
			renameEndpoints(store, container.id, container.name, wanted, namesOfHost(container.options));
			const attributes = { oldName: `/${container.name}` };
			recordOf(store, { ...container, name: wanted }, "rename", { attributes });
		});
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.failed) : error;
	}
	announce(store);
}

const namesOfHost = ({ hostname }: RunOptions): string[] => (hostname === undefined ? [] : [hostname]);
