/**
 * Command lines as docker's users type them, in the order in which they are
 * typed here, with docker 28's exit code and the shape of its output. Where an
 * error is expected, what stands in `err` are the words that its user looks for:
 * bunker says the rest in a line of its own (README, what differs on purpose).
 *
 * Sources: E is shared/reference/cli-errors-docker28.txt, a session with docker
 * 28; H is `docker VERB --help` of the client 28.2.2; D is docker's reference
 * documentation of the command line; M is moby 28's source, with the file.
 */

export interface Line {
	/** what follows the engine's name; single quotes as in a shell */
	line: string;
	code: number;
	/** stdout, masked: ids are ID and SHORT, ages and dates AGE and DATE; "" is none, undefined anything */
	out?: string | RegExp;
	err?: string | RegExp;
	source: string;
	/** why podman does not say so */
	podman?: string;
	/** what is on stdin */
	stdin?: string;
}

const ID = "ID\n";
const line = (
	source: string,
	code: number,
	line: string,
	out?: Line["out"],
	err?: Line["err"],
	podman?: string,
): Line => ({
	line,
	code,
	out,
	err,
	source,
	podman,
});

/** The exit code is the program's, or says why there was none. */
const running: Line[] = [
	line("D", 0, "run --rm busybox true", "", ""),
	line("E", 3, "run --rm busybox sh -c 'exit 3'", "", ""),
	line("E", 127, "run --rm busybox nosuch", "", /nosuch/),
	line("E", 126, "run --rm busybox /bin", "", /\/bin/),
	line("E", 0, "run --rm -w /no/such/dir busybox pwd", "/no/such/dir\n", "", "it refuses a missing directory"),
	line("E", 125, "run --nosuchflag busybox", "", /unknown flag: --nosuchflag/),
	line("E", 1, "run", "", /requires at least 1 argument/, "125"),
	line(
		"E",
		125,
		"run --rm --name 'a b' busybox true",
		"",
		/[Ii]nvalid container name|invalid name/,
		"another sentence",
	),
	line("E", 125, "run --rm -u nosuch busybox true", "", /unable to find user nosuch/, "126"),
	line("E", 125, "run --rm --cap-add NOSUCH busybox true", "", /CAP_NOSUCH/),
	line("E", 0, "run --rm --entrypoint '' busybox true", "", ""),
	line("E", 0, "run --rm -e FOO busybox true", "", ""),
	line("D", 0, "run --rm -e A=1 -e B=2 busybox sh -c 'echo $A$B'", "12\n", ""),
	line("D", 0, "run --rm --entrypoint echo busybox hi", "hi\n", ""),
	line("D", 0, "run --rm -h box busybox hostname", "box\n", ""),
	line(
		"D",
		0,
		"run --rm --hostname box --domainname example.org busybox cat /proc/sys/kernel/domainname",
		"example.org\n",
		undefined,
		"no such flag",
	),
	line("D", 0, "run -i --rm busybox cat", "typed\n", ""),
	line("D", 1, "run --rm --read-only busybox touch /x", "", /Read-only file system/),
	line("D", 0, "run --rm --tmpfs /t:size=1m busybox sh -c 'mount | grep -c \" /t type tmpfs\"'", "1\n"),
	line(
		"D",
		0,
		'run --rm --shm-size 1m busybox sh -c \'df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2\'',
		"1024\n",
	),
	line(
		"D",
		0,
		"run --rm --ulimit nofile=100:200 busybox sh -c 'ulimit -Sn; ulimit -Hn'",
		"100\n200\n",
		"",
		"no CAP_SYS_RESOURCE here",
	),
	line("D", 0, "run --rm --cap-drop ALL busybox grep CapEff /proc/self/status", "CapEff:\t0000000000000000\n"),
	line(
		"D",
		0,
		"run --rm --cap-drop ALL --cap-add NET_ADMIN busybox grep CapEff /proc/self/status",
		"CapEff:\t0000000000001000\n",
	),
	line(
		"D",
		0,
		"run --rm --security-opt no-new-privileges busybox grep NoNewPrivs /proc/self/status",
		"NoNewPrivs:\t1\n",
	),
	line("D", 0, "run --rm --oom-score-adj 500 busybox cat /proc/self/oom_score_adj", "500\n"),
	line("D", 0, "run --rm --group-add 42 busybox id -G", "0 42\n", ""),
	line("D", 0, "run --rm --add-host box:192.0.2.7 busybox grep box /etc/hosts", /^192\.0\.2\.7\s+box\n$/),
	line("D", 0, "run --rm --init busybox true", "", "", "no catatonit here"),
	line("D", 125, "run --rm --restart always busybox true", "", /restart.*rm|rm.*restart/),
	line("D", 1, "run --rm -d -a stdout busybox true", "", /-a|attach/, "it allows both"),
	line("M opts/env.go", 125, "run --rm --env-file /no/such busybox true", "", /\/no\/such/),
	line("E", 125, "run --rm --network nosuch busybox true", "", /nosuch/),
	line("D", 125, "run --rm --pull sometimes busybox true", "", /sometimes/),
	line("D", 125, "run --rm --pull never nosuchimage true", "", /nosuchimage/),
	line("E", 125, "run --rm -m 1m busybox true", "", /[Mm]inimum memory limit allowed is 6MB/, "it allows it"),
	line("M daemon_unix.go", 125, "run --rm -m 64m --memory-swap 32m busybox true", "", /memory-?swap/i),
	line("M daemon_unix.go", 125, "run --rm --memory-swap 64m busybox true", "", /memory/i),
	line(
		"M daemon_unix.go",
		125,
		"run --rm -m 64m --memory-reservation 65m busybox true",
		"",
		/reservation/,
		"it leaves that to the kernel",
	),
	line("M opts.go", 125, "run --rm --memory-swappiness 101 busybox true", "", /range is 0-100/, "another sentence"),
	line(
		"M daemon_unix.go",
		125,
		"run --rm --cpus 4096 busybox true",
		"",
		/range of CPUs is from 0.01 to/,
		"it allows more than there are",
	),
	line("M opts/opts.go", 125, "run --rm --cpus 1e-10 busybox true", "", /too precise/, "it counts in floats"),
	line("M daemon_unix.go", 125, "run --rm --cpus 1 --cpu-quota 50000 busybox true", "", /cpu/i),
	line("M daemon_unix.go", 125, "run --rm --cpuset-cpus 4095 busybox true", "", /not available/, "126"),
	line("M daemon_unix.go", 125, "run --rm --blkio-weight 5 busybox true", "", /10 to 1000/, "126"),
	line("M opts.go", 125, "run --rm --device-cgroup-rule c busybox true", "", /invalid .*format/, "another sentence"),
	line("M opts/throttledevice.go", 125, "run --rm --device-read-bps sda:1mb busybox true", "", /bad format/),
	line("D", 0, "run --rm --pids-limit 100 --cpuset-cpus 0 busybox nproc", "1\n", "", "its root may have no cpuset"),
];

/** One container from its birth to its end. */
const life: Line[] = [
	line("D", 0, "create --name web --label a=b --stop-timeout 1 busybox sleep 1000", ID, ""),
	line("D", 0, "ps -q", "", ""),
	line("D", 0, "ps -a --format {{.Status}}", "Created\n", ""),
	line("D", 0, "start web", "web\n", ""),
	line("D", 0, "start web", "web\n", "", "it is silent"),
	line("D", 0, "ps -q", "SHORT\n", ""),
	line("D", 0, "ps -q --no-trunc", ID, ""),
	line(
		"D",
		0,
		"ps --format '{{.Names}} {{.Image}} {{.Command}}'",
		'web busybox "sleep 1000"\n',
		"",
		"a tag and another command",
	),
	line("D", 0, "ps --filter label=a=b --format {{.Names}}", "web\n", ""),
	line("D", 0, "ps --filter label=a=c --format {{.Names}}", "", ""),
	line("D", 0, "ps --filter name=we --filter status=running --format {{.Names}}", "web\n", ""),
	line("D", 1, "ps --filter nosuch=1", "", /nosuch/, "125"),
	line("D", 1, "ps --format '{{.Nosuch}}'", undefined, /Nosuch/, "125"),
	line("D", 0, "container ls --format {{.Names}}", "web\n", ""),
	line("E", 125, "run -d --name web busybox true", "", /already in use/),
	line("D", 0, "exec web echo hi", "hi\n", ""),
	line("D", 0, "exec -e A=1 web sh -c 'echo $A'", "1\n", ""),
	line("D", 0, "exec -w /bin web pwd", "/bin\n", ""),
	line("D", 0, "exec -i web cat", "typed\n", ""),
	line("D", 0, "exec -d web true", "", "", "it prints the session's id"),
	line("E", 5, "exec web sh -c 'exit 5'", "", ""),
	line("E", 127, "exec web nosuch", undefined, /nosuch/),
	line("E", 127, "exec -w /nosuch web true", undefined, /nosuch/),
	line("E", 1, "exec -u nosuch web true", "", /unable to find user nosuch/, "126"),
	line("E", 1, "exec nosuch true", "", /[Nn]o such container: nosuch|no container with name or ID "nosuch"/, "125"),
	line("D", 0, "top web", /^UID +PID +PPID +C +STIME +TTY +TIME +CMD\nroot .* sleep 1000\n$/, "", "columns of its own"),
	line("D", 0, "top web -o pid,comm", /^ *PID +COMMAND\n *\d+ +sleep\n$/, "", "columns of its own"),
	line(
		"D",
		0,
		"inspect -f '{{.State.Status}} {{.State.Running}} {{.Name}}' web",
		"running true /web\n",
		"",
		"no slash",
	),
	line("D", 0, "inspect -f '{{index .Config.Labels \"a\"}}' web", "b\n", ""),
	line("D", 0, "inspect -f '{{json .Config.Cmd}}' web", '["sleep","1000"]\n', ""),
	line("D", 0, "inspect -f '{{range .Mounts}}{{.Source}} {{end}}' web", "\n", ""),
	line("D", 0, "inspect --type container -f {{.Config.Image}} web", "busybox\n", "", "the whole reference"),
	line("D", 0, "container inspect -f {{.RestartCount}} web", "0\n", ""),
	line("E", 1, "inspect nosuch", "[]\n", /[Nn]o such object: nosuch/, "125"),
	line("D", 0, "diff web", "", "", "it lists /etc, which it mounts over"),
	line("D", 0, "exec web touch /new", "", ""),
	line("D", 0, "diff web", "A /new\n", "", "it lists /etc, which it mounts over"),
	line("D", 0, "logs web", "", ""),
	line("E", 1, "logs nosuch", "", /[Nn]o such container|no container with name or ID/, "125"),
	line("E", 1, "rm web", "", /running/, "2"),
	line("D", 0, "rename web www", "", ""),
	line("D", 1, "rename nosuch x", "", /[Nn]o such container|no container with name/, "125"),
	line("D", 0, "restart -t 0 www", "www\n", ""),
	line("E", 1, "kill -s FOO www", "", /FOO/, "125"),
	line("D", 0, "stop -t 0 www", "www\n", ""),
	line("D", 0, "stop www", "www\n", ""),
	line("E", 1, "stop nosuch", "", /[Nn]o such container|no container with name/, "125"),
	line("D", 0, "ps -a --format {{.Status}}", /^Exited \(137\) AGE ago\n$/, ""),
	line("D", 0, "wait www", "137\n", ""),
	line("E", 1, "wait nosuch", "", /[Nn]o such container|no container with name/, "125"),
	line("E", 1, "kill www", "", /not running/, "125"),
	line("D", 1, "exec www true", "", /not running|running state/, "255"),
	line("D", 0, "diff www", "A /new\n", "", "it lists /etc, which it mounts over"),
	line(
		"D",
		0,
		"commit -m said -a who -c 'ENV X=y' -c 'CMD [\"cat\",\"/new\"]' www made:1",
		/^sha256:ID\n$/,
		"",
		"no prefix",
	),
	line(
		"D",
		0,
		"run --rm made:1 sh -c 'ls /new; echo $X'",
		"/new\ny\n",
		"",
		"its commit takes no message in its own format",
	),
	line(
		"D",
		0,
		"image inspect -f '{{.Comment}} {{.Author}}' made:1",
		"said who\n",
		"",
		"its commit takes no message in its own format",
	),
	line(
		"D",
		0,
		"history --format '{{.Comment}}' made:1",
		/^said\n/,
		"",
		"its commit takes no message in its own format",
	),
	line("D", 0, "rm -f www", "www\n", ""),
	line("E", 1, "rm nosuch", "", /[Nn]o such container|no container with/, "0 or 1"),
	line("E", 0, "rm -f nosuch", undefined, /[Nn]o such container: nosuch/, "it is silent"),
	line("E", 1, "start nosuch", "", /[Nn]o such container|no container with/, "125"),
	line("D", 0, "ps -aq", "", ""),
];

/** Images: names, listings, archives. */
const images: Line[] = [
	line("E", 0, "images --format {{.Repository}}:{{.Tag}}", "made:1\nbusybox:latest\n", "", "localhost/ before a name"),
	line("D", 0, "images -q busybox", "SHORT\n", ""),
	line("D", 0, "images -q --no-trunc busybox", "sha256:ID\n", ""),
	line("D", 0, "image ls -q busybox", "SHORT\n", ""),
	line("D", 0, "images --filter dangling=true -q", "", ""),
	line(
		"D",
		0,
		"images --filter reference=made:* --format {{.Tag}}",
		"1\n",
		"",
		"its commit takes no message in its own format",
	),
	line("D", 1, "images --filter nosuch=1", "", /nosuch/, "125"),
	line("D", 0, "tag busybox other:x", "", ""),
	line("E", 1, "tag nosuch a:b", "", /[Nn]o such image|not known/, "125"),
	line("D", 1, "tag busybox UPPER", "", /UPPER/, "125"),
	line("D", 0, "images --format {{.Tag}} other", "x\n", "", "it lists all names of the image"),
	line("D", 0, "rmi other:x", "Untagged: other:x\n", "", "localhost/ before a name"),
	line("E", 1, "rmi nosuch", "", /[Nn]o such image: nosuch:latest|image not known/),
	line("D", 0, "inspect --type image -f '{{.Os}} {{len .RootFS.Layers}}' busybox", "linux 1\n", ""),
	line("D", 1, "inspect --type container busybox", "[]\n", /busybox/, "125"),
	line("E", 1, "load -i /etc/passwd", "", undefined, "125"),
	line("E", 1, "import /etc/passwd", "", undefined, "it takes any file"),
	line("E", 1, "save nosuch", "", /nosuch/, "125"),
	line("D", 0, "image rm made:1", /^Untagged: made:1\nDeleted: sha256:ID\n/, "", "localhost/ before a name"),
	line("D", 0, "image prune -f", "Total reclaimed space: 0B\n", "", "it prints nothing"),
	line("D", 0, "container prune -f", "Total reclaimed space: 0B\n", "", "it prints nothing"),
	line(
		"D",
		0,
		"system df --format {{.Type}}",
		"Images\nContainers\nLocal Volumes\nBuild Cache\n",
		"",
		"no build cache",
	),
	line("D", 0, "system prune -f", "Total reclaimed space: 0B\n"),
];

/** Policies that act when nobody is there. */
const policies: Line[] = [
	line("D", 0, "run -d --name again --restart on-failure:2 busybox false", ID, ""),
	line("D", 0, "wait again", "1\n", "", "it waits for the first end"),
	line(
		"D",
		0,
		"inspect -f '{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}}' again",
		"on-failure 2\n",
	),
	line("D", 0, "rm -f again", "again\n", ""),
	line("D", 125, "run --restart sometimes busybox true", "", /sometimes/),
	line(
		"D",
		0,
		"run -d --name well --health-cmd true --health-interval 1s busybox sleep 1000",
		ID,
		"",
		"it needs systemd for the timers",
	),
	line("D", 0, "inspect -f '{{.State.Health.Status}}' well", /^(starting|healthy)\n$/, ""),
	line("D", 0, "rm -f well", "well\n", "", "it misses the timers of systemd"),
	line(
		"D",
		0,
		"events --since 1h --until 0s --filter container=well --filter event=destroy --format {{.Action}}",
		"destroy\n",
		"",
		"remove",
	),
];

/** Wrong use, and what stands before or instead of a verb. */
const usage: Line[] = [
	line("E", 1, "nosuchcmd", "", /nosuchcmd/, "125"),
	line("H", 1, "container nosuch", "", /nosuch/, "125"),
	line("H", 0, "--version", /version/i, ""),
	line("H", 0, "-v", /version/i, ""),
	line("H", 0, "--help", /^\n?Usage:/, "", "another layout"),
	line("H", 0, "help run", /^\n?Usage:/, "", "another layout"),
	line("H", 0, "container --help", /^\n?Usage:/, "", "another layout"),
	line("H", 0, "version --format {{.Client.Version}}", /^\d+\.\d+\.\d+\n$/, ""),
	line("H", 0, "info --format {{.OSType}}", "linux\n", "", "no such field"),
	line("H", 0, "system info --format {{.OSType}}", "linux\n", "", "no such field"),
	line("H", 1, "ps one", "", /accepts no arguments/, "125"),
	line("H", 1, "exec", "", /requires at least 2 arguments/, "125"),
	line("H", 1, "stop", "", /requires at least 1 argument/, "125"),
	line("H", 1, "rename one", "", /requires 2 arguments/, "125"),
	line("H", 1, "logs", "", /requires 1 argument/, "125"),
	line("H", 125, "logs --tail", "", /needs an argument/),
	line("H", 125, "stop -t soon x", "", /soon/),
	line("H", 125, "run --name", "", /needs an argument/),
	line("H", 125, "ps -x", "", /'x' in -x/),
	line("H", 1, "attach nosuch", "", /[Nn]o such container|no container with/, "125"),
	line("H", 1, "export nosuch", "", /[Nn]o such container|no container with/, "125"),
	line("H", 1, "commit nosuch", "", /[Nn]o such container|no container with/, "125"),
	line("H", 1, "top nosuch", "", /[Nn]o such container|no container with/, "125"),
	line("H", 1, "diff nosuch", "", /[Nn]o such container|no container with/, "125"),
	line("H", 1, "history nosuch", "", /[Nn]o such image|not known/, "125"),
	line("H", 1, "restart nosuch", "", /[Nn]o such container|no container with/, "125"),
];

/** All of them, in the order in which they are typed. */
export const lines: readonly Line[] = [...running, ...life, ...images, ...policies, ...usage].map((entry) =>
	/ -i /.test(` ${entry.line} `) && entry.line.endsWith("cat") ? { ...entry, stdin: "typed\n" } : entry,
);
