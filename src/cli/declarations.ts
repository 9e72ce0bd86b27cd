/**
 * What the verbs declare, without what they do: taken from them while the
 * executable is built. Help and completion load this instead of a verb with all
 * that it needs to run, a third of their time.
 */

import { declared } from "./declared.ts" with { type: "macro" };
import type { Declaration } from "./verb.ts";

// In the place of a macro's call stands what its promise gives.
const TEXTS = declared() as unknown as Readonly<Record<string, string>>;

/** What a verb declares. @param name one of `verbs` */
export const declarationOf = (name: string): Declaration => JSON.parse(TEXTS[name] as string);
