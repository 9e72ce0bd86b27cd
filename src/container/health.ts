/** The health of a container: what its check says, and how that is known. */

export type HealthStatus = "starting" | "healthy" | "unhealthy";

/** One run of the check. */
export interface Probe {
	/** RFC 3339, nanoseconds */
	start: string;
	end: string;
	/** 0 is healthy; -1: it took too long, or could not be run */
	exitCode: number;
	/** its stdout and stderr, at most 4096 bytes */
	output: string;
}

export interface Health {
	status: HealthStatus;
	/** failures in a row that count */
	streak: number;
	/** the last five, the oldest first */
	log: Probe[];
}
