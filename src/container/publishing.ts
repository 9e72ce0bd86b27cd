/** Which ports of a container are published. Loaded where one is. */

import { callersFileLimit } from "../../ffi/process.ts";
import type { Store } from "../kernel/store.ts";
import {
	type Endpoint,
	outletOf,
	type PortSocket,
	type Protocol,
	type Publication,
	type PublishOption,
	publish,
} from "../network/network.ts";
import type { Descriptors, PolicyOptions } from "../runtime/runtime.ts";
import type { RunOptions } from "./options.ts";
import { parsePorts } from "./ports.ts";

/** What is known of the image, and of other containers. */
interface Given {
	/** what the image says: `{"80/tcp": {}}` */
	exposed: Readonly<Record<string, unknown>>;
	sweep: () => void;
	named: (id: string) => string | undefined;
}

/** What of a container decides. */
interface Asking {
	id: string;
	name: string;
	options: RunOptions;
}

/**
 * What is asked for by `-p`, then with `-P` every exposed port that is not among it, at a random one.
 * @param exposed what the image says: `{"80/tcp": {}}`
 */
export function wantedPorts(
	{ publish: asked = [], publishAll, expose = [] }: RunOptions,
	exposed: Readonly<Record<string, unknown>>,
): PublishOption[] {
	if (!publishAll) return asked;
	const known = new Set(asked.map(({ port, protocol }) => `${port}/${protocol}`));
	const all = new Set([...expose, ...Object.keys(exposed)].flatMap((text) => parsePorts(text) ?? []));
	const more = [...all].filter((text) => !known.has(text)).map((text) => text.split("/") as [string, Protocol]);
	return [...asked, ...more.map(([port, protocol]) => ({ protocol, port: Number(port) }))];
}

/**
 * Takes the ports of the host that a container publishes. One without a way to
 * everywhere, since its networks are internal, publishes none (docker, too).
 * @throws Failure (125)
 */
export async function publishPorts(
	store: Store,
	{ id, name, options }: Asking,
	endpoints: readonly Endpoint[],
	{ exposed, sweep, named }: Given,
): Promise<Publication | undefined> {
	const wanted = wantedPorts(options, exposed);
	const outlet = outletOf(endpoints);
	if (!outlet || wanted.length === 0) return undefined;
	return publish(store, { container: id, outlet, wanted, comment: name, sweep, named });
}

/** Descriptors that the helper opens itself, and some to spare. */
const ROOM = 256;

/** Hands the sockets over; those that would use up the caller's limit, which is the helper's, at numbers above it. */
export function passPorts(descriptors: Descriptors, sockets: readonly PortSocket[]): PolicyOptions["ports"] {
	const limit = callersFileLimit();
	if (descriptors.count + sockets.length + ROOM > limit) descriptors.skipTo(limit);
	return sockets.map((socket) => ({ ...socket, fd: descriptors.pass(socket.fd) }));
}
