/** What the kernel is told about a container's processes: --ulimit, --oom-score-adj, --sysctl. */

import type { RunOptions, UlimitOption } from "../container/options.ts";
import { int, list, type Values } from "./flags.ts";
import { splitPair } from "./pairs.ts";
import { malformed } from "./usage.ts";

export const processFlags = {
	"oom-score-adj": int("", "how soon the kernel kills it when memory is short, -1000 (never) to 1000", {
		standard: "0",
	}),
	sysctl: list("", "set a parameter of the container's namespaces: NAME=VALUE"),
	ulimit: list("", "set a limit of its processes: NAME=SOFT[:HARD], -1 for none"),
};

/** go-units, ulimit.go */
const NAMES = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(
	" ",
);

/** Parameters that a namespace has its own of (docker/cli, opts.ValidateSysctl). */
const SYSCTLS = /^(net\..|fs\.mqueue\..|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$)/;

type Processes = Pick<RunOptions, "ulimits" | "sysctls" | "oomScoreAdj">;

/**
 * @param configured limits of the configuration; those of flags win
 * @throws Failure (125)
 */
export function parseProcesses(values: Values<typeof processFlags>, configured: readonly string[]): Processes {
	return {
		ulimits: parseUlimits([...configured, ...values.ulimit]),
		sysctls: parseSysctls(values.sysctl),
		oomScoreAdj: parseScore(values["oom-score-adj"]),
	};
}

/** The last of a name counts. */
function parseUlimits(ulimits: readonly string[]): UlimitOption[] | undefined {
	const byName = new Map(ulimits.map(parseUlimit).map((limit) => [limit.name, limit]));
	return byName.size > 0 ? [...byName.values()] : undefined;
}

function parseUlimit(ulimit: string): UlimitOption {
	const [name, limits] = splitPair(ulimit);
	const [, first, second = first] = /^(-1|[0-9]{1,15})(?::(-1|[0-9]{1,15}))?$/.exec(limits) ?? [];
	if (!NAMES.includes(name)) throw malformed(`--ulimit ${ulimit}: invalid ulimit type: ${name}`);
	if (first === undefined) throw malformed(`--ulimit ${ulimit}: NAME=SOFT[:HARD] is expected, numbers or -1 for none`);
	const [soft, hard] = [Number(first), Number(second)];
	if (hard >= 0 && (soft < 0 || soft > hard))
		throw malformed(
			`--ulimit ${ulimit}: ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
		);
	return { name, soft, hard };
}

function parseSysctls(sysctls: readonly string[]): Record<string, string> | undefined {
	const pairs = sysctls.map((sysctl): [string, string] => {
		const [name, value] = splitPair(sysctl);
		if (!sysctl.includes("=")) throw malformed(`--sysctl ${sysctl}: NAME=VALUE is expected`);
		if (!SYSCTLS.test(name)) throw malformed(`sysctl '${sysctl}' is not allowed: a container has none of its own`);
		return [name, value];
	});
	return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
}

function parseScore(score: number | undefined): number | undefined {
	if (score === undefined) return undefined;
	if (score >= -1000 && score <= 1000) return score;
	throw malformed(`invalid value ${score}, range for oom score adj is [-1000, 1000]`);
}
