/** Flags as data: a verb declares its own, and from that follow parsing, the types of the values, and the help. */

/** What a flag of each kind gives. */
interface ValueOf {
	bool: boolean;
	string: string | undefined;
	int: number | undefined;
	/** may be given again and again */
	list: string[];
}

/** What a shell completes a word to: names that exist, a path of the host, either (`spot`, of `cp`), or one of these words. */
export type Completes =
	| "container"
	| "image"
	| "network"
	| "volume"
	| "spot"
	| "file"
	| "directory"
	| readonly string[];

export interface Flag<Kind extends keyof ValueOf = keyof ValueOf> {
	kind: Kind;
	help: string;
	short?: string;
	/** what holds without it, for the help; a bool's is "true" or none */
	standard?: string;
	/** other long names that docker accepts without listing them */
	synonyms?: readonly string[];
	/** its value; nothing if not said */
	completes?: Completes;
}

/** long name → flag */
export type Flags = Record<string, Flag>;
export type Values<F extends Flags> = { [Name in keyof F]: ValueOf[F[Name]["kind"]] };

type More = Omit<Flag, "kind" | "help" | "short">;

const declaring =
	<Kind extends keyof ValueOf>(kind: Kind) =>
	(short: string, help: string, more: More = {}): Flag<Kind> => ({ kind, short, help, ...more });

/** `bool("d", "run in the background")`: short name ("" for none) and help, as for all of these. */
export const bool = declaring("bool");
export const string = declaring("string");
export const int = declaring("int");
export const list = declaring("list");
