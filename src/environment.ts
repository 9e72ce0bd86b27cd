/**
 * Every environment variable that bunker reads, with its description, and the
 * trace that one of them switches on.
 */

/** name → what it does; README and help print this table. */
export const VARIABLES = {
	BUNKER_ROOT: "where images and containers are kept (default /var/lib/bunker)",
	BUNKER_RUN_ROOT: "where what is true until the next boot is kept (default /run/bunker)",
	BUNKER_TRACE: "what to print on stderr while it is done, separated by commas: tape, net, store, time, dns",
	NO_COLOR: "if set, no colours in the output",
} as const;

/**
 * What a bunker has that bunker starts, with nothing of the caller's. It is over
 * too soon for JavaScriptCore's thread that takes memory for a heap that grows.
 */
export const OWN_ENVIRONMENT: readonly string[] = [
	"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
	"BUN_JSC_useWarmUpMarkedBlocks=0",
];

/** The value of a variable; undefined if it is not set or empty. */
export function variable(name: keyof typeof VARIABLES): string | undefined {
	return process.env[name] || undefined;
}

/** What BUNKER_TRACE can name. */
export type Topic = "tape" | "net" | "store" | "time" | "dns";

const topics = new Set(variable("BUNKER_TRACE")?.split(",") ?? []);

/** True if BUNKER_TRACE names the topic: ask before building an expensive line. */
export function traces(topic: Topic): boolean {
	return topics.has(topic);
}

/** Prints `bunker: TOPIC: LINE` on stderr if BUNKER_TRACE names the topic. */
export function trace(topic: Topic, line: string): void {
	if (!topics.has(topic)) return;
	const time = topic === "time" ? `${performance.now().toFixed(2)} ms: ` : "";
	console.error(`bunker: ${topic}: ${time}${line}`);
}
