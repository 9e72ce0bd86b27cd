/** The resolver of a network, at 127.0.0.11 in its containers: the face of this folder. Each part is loaded where it is needed. */

import type { Store } from "../kernel/store.ts";

export type { Containers } from "./resolver.ts";
export type { Server } from "./upstream.ts";

/** Containers that the resolver of a network is there for. */
export const servedBy = async (store: Store, network: string) => (await import("./lookup.ts")).servedBy(store, network);
/** A container's way to its resolver, loaded where a container is on a network that has one. */
export const doors = () => import("./doors.ts");
/** The resolver itself, and the library it reads packets with. */
export const resolver = () => import("./resolver.ts");
