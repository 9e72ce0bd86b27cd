/**
 * What docker's command line has and bunker's has not, each by name with its
 * reason: nothing is silently ignored. test/unit/cli-refused.test.ts walks
 * docker's own list (test/reference/docker-cli.json): every flag of a verb that
 * we have is declared there, or stands here. The tables are functions: only who
 * is refused reads them, and every command would build them.
 */

const REGISTRIES = "yet (registries: pull, push)";
const LATER = "yet";
const CLUSTER = "(bunker runs on one host)";
const WINDOWS = "(docker has it for Windows only)";
const DAEMON = "(bunker has no daemon to connect to)";

/** of `run` and `create` */
const creating = (): Record<string, string> => ({
	[REGISTRIES]: "--disable-content-trust",
	[DAEMON]: "--use-api-socket",
	[WINDOWS]: "--cpu-count --cpu-percent --io-maxbandwidth --io-maxiops --isolation",
});

/** verb → why → flags, as docker lists them */
const refusedFlags = (): Record<string, Record<string, string>> => ({
	"": {
		[DAEMON]: "--context -c --host -H --tls --tlscacert --tlscert --tlskey --tlsverify",
	},
	run: creating(),
	create: creating(),
	start: { "(docker has it as an experiment)": "--checkpoint --checkpoint-dir" },
	"network create": {
		[CLUSTER]: "--ingress --scope",
		"(a network's flags are given where it is made)": "--config-from --config-only",
	},
	images: { "(docker has it as an experiment)": "--tree" },
	"volume create": {
		[CLUSTER]:
			"--availability --group --limit-bytes --required-bytes --scope --secret --sharing --topology-preferred --topology-required --type",
	},
	"volume ls": { [CLUSTER]: "--cluster" },
});

/** Verbs of docker's that are not there. */
const refusedVerbs = (): Record<string, string> => ({
	[REGISTRIES]: "login logout manifest pull push search trust",
	[LATER]: "builder build prune",
	"(docker has it as an experiment)": "checkpoint",
	[DAEMON]: "context plugin",
	[CLUSTER]: "config node secret service stack swarm",
});

/** Those of a group whose name is a verb of ours elsewhere. */
const refusedMembers = (): Record<string, string> => ({ "volume update": CLUSTER });

/**
 * Why a flag of docker's is refused.
 * @param typed the flag without its dashes
 * @returns the whole sentence; undefined if docker has no such flag either
 */
export function refusal(verb: string, typed: string): string | undefined {
	const flag = typed.length === 1 ? `-${typed}` : `--${typed}`;
	const reason = reasonFor(refusedFlags()[verb] ?? {}, flag);
	return reason && `${flag} is not supported ${reason}`;
}

/** Why a verb of docker's, or one of a group (`container cp`), is refused; undefined if docker has no such verb either. */
export function verbRefusal(verb: string): string | undefined {
	const members = refusedMembers();
	const member = Object.hasOwn(members, verb) ? members[verb] : undefined;
	const reason = member ?? reasonFor(refusedVerbs(), verb.slice(verb.lastIndexOf(" ") + 1));
	return reason && `bunker ${verb} is not supported ${reason}`;
}

function reasonFor(reasons: Record<string, string>, word: string): string | undefined {
	return Object.keys(reasons).find((reason) => reasons[reason]?.split(" ").includes(word));
}
