/** How a container wants to be stopped: --stop-signal, --stop-timeout. */

import { signalNumber } from "../container/container.ts";
import type { RunOptions } from "../container/options.ts";
import { EXIT, Failure } from "../failure.ts";
import { int, string, type Values } from "./flags.ts";

export const stopFlags = {
	"stop-signal": string("", "the signal that stop sends", { standard: "the image's, or SIGTERM" }),
	"stop-timeout": int("", "seconds that stop waits before it kills, -1 for ever", { standard: "10" }),
};

/** Of `stop` and `restart`: over what the container wants. */
export const endFlags = {
	signal: string("s", "the signal to send", { standard: "the container's, or SIGTERM" }),
	timeout: int("t", "seconds to wait before it is killed, -1 for ever", {
		standard: "the container's, or 10",
		synonyms: ["time"],
	}),
};

/** @throws Failure (125) */
export async function parseStopping(
	values: Values<typeof stopFlags>,
): Promise<Pick<RunOptions, "stopSignal" | "stopTimeout">> {
	const stopSignal = values["stop-signal"] || undefined;
	if (stopSignal !== undefined) await checkSignal(stopSignal);
	return { stopSignal, stopTimeout: values["stop-timeout"] };
}

async function checkSignal(signal: string): Promise<void> {
	try {
		signalNumber(signal);
	} catch (error) {
		throw error instanceof Failure ? error.withExitCode(EXIT.refused) : error;
	}
}
