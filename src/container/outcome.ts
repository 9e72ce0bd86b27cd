/** What became of a piece of work among several, all of which are to be done. */

/** Does the work; what it throws is kept instead of thrown. */
export function outcome<T>(work: () => T): { value?: T; failure?: unknown } {
	try {
		return { value: work() };
	} catch (failure) {
		return { failure };
	}
}

/** The same of work that takes its time. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<{ value?: T; failure?: unknown }> {
	try {
		return { value: await work() };
	} catch (failure) {
		return { failure };
	}
}
