/** What few verbs need, loaded when it is called: each kilobyte that every start loads costs it some 40 us. */

/** A function that is imported when it is called. */
const late =
	<Given extends unknown[], Result>(load: () => Promise<(...given: Given) => Result>) =>
	async (...given: Given): Promise<Awaited<Result>> =>
		await (await load())(...given);

export const checkLimits = late(async () => (await import("./limits.ts")).checkLimits);
export const commit = late(async () => (await import("./commit.ts")).commit);
export const connectNetwork = late(async () => (await import("./connecting.ts")).connectNetwork);
export const copyIn = late(async () => (await import("./copying.ts")).copyIn);
export const copyOut = late(async () => (await import("./copying.ts")).copyOut);
export const packOut = late(async () => (await import("./copying-archive.ts")).packOut);
export const unpackIn = late(async () => (await import("./copying-archive.ts")).unpackIn);
export const diff = late(async () => (await import("./diff.ts")).diff);
export const disconnectNetwork = late(async () => (await import("./connecting.ts")).disconnectNetwork);
export const explain = late(async () => (await import("./explain.ts")).explain);
export const exportContainer = late(async () => (await import("./export.ts")).exportContainer);
export const inspect = late(async () => (await import("./inspect.ts")).inspect);
export const inspectNetwork = late(async () => (await import("./networks.ts")).inspectNetwork);
export const pause = late(async () => (await import("./pause.ts")).pause);
export const meter = late(async () => (await import("./stats.ts")).meter);
export const ports = late(async () => (await import("./shown-ports.ts")).ports);
export const processes = late(async () => (await import("./processes.ts")).processes);
export const prune = late(async () => (await import("./prune.ts")).prune);
export const pruneNetworks = late(async () => (await import("./networks.ts")).pruneNetworks);
export const removeNetwork = late(async () => (await import("./networks.ts")).removeNetwork);
export const removeVolume = late(async () => (await import("./volumes.ts")).removeVolume);
export const selectNetworks = late(async () => (await import("./networks.ts")).selectNetworks);
export const removeLink = late(async () => (await import("./unlinking.ts")).removeLink);
export const rename = late(async () => (await import("./rename.ts")).rename);
export const resolve = late(async () => (await import("./resolving.ts")).resolve);
export const shownNetworks = late(async () => (await import("./shown-networks.ts")).shownNetworks);
export const shownPorts = late(async () => (await import("./shown-ports.ts")).shownPorts);
export const startAfterBoot = late(async () => (await import("./restart.ts")).startAfterBoot);
export const update = late(async () => (await import("./update.ts")).update);
export const unpause = late(async () => (await import("./pause.ts")).unpause);
