/*
 * What TypeScript compiles and the helper reads: the tape, the policy of the
 * monitor, and the messages on its sockets. Numbers only; every offset counts
 * from the start of the job's data. ffi/tape.ts and ffi/policy.ts hold the same
 * layouts, test/unit/layout.test.ts compares the two.
 */
#ifndef BUNKER_TAPE_H
#define BUNKER_TAPE_H

#include <stdint.h>

/* ---- The job: one memfd, mapped private and writable by the helper. ---- */

#define JOB_MAGIC 0x31544b42u /* "BKT1" */

struct job {
    uint32_t magic;
    uint32_t size;  /* of the whole job, bytes */
    uint32_t steps; /* offset of struct step[], from the start of the job */
    uint32_t step_count;
    uint32_t relocations; /* offset of uint32_t[], from the start of the job */
    uint32_t relocation_count;
    uint32_t data; /* offset of the data, from the start of the job; 16-aligned */
    uint32_t data_size;
    uint32_t policy; /* offset of struct policy, from the start of the data */
    uint32_t reserved[3];
};

/*
 * A relocation is the offset (in data, 8-aligned) of a uint64_t that holds an
 * offset into data and becomes an address before the first step: argv, iovec,
 * msghdr, clone_args.
 */

/* ---- A step: one system call. ---- */

enum argument_kind {
    ARGUMENT_VALUE = 0,   /* the number itself */
    ARGUMENT_ADDRESS = 1, /* the address of data + number */
    ARGUMENT_LOAD = 2,    /* the int32_t at data + number, sign-extended */
};

enum step_flag {
    STEP_FULL = 1,    /* the result must equal argument 2 (a complete read or write), else EPIPE */
    STEP_MONITOR = 2, /* a clone: the child goes on with the tape, the parent becomes the monitor */
    STEP_INIT = 4,    /* a clone: the child goes on with the tape, the parent becomes the reaper */
    STEP_STORE = 8,   /* store the result as int32_t at data + out */
    STEP_AGAIN = 16,  /* on EAGAIN once more, at most STEP_ROUNDS times */
};

#define STEP_OKAY 10
#define STEP_ROUNDS 10000

struct step {
    uint16_t number; /* system call number of this architecture */
    uint16_t flags;
    uint32_t out;
    uint8_t kind[6];
    uint8_t okay[STEP_OKAY]; /* errnos that do not stop the tape; 0 ends the list */
    uint64_t argument[6];
};

/* ---- The monitor's policy. ---- */

#define POLICY_VERSION 4

enum policy_flag {
    POLICY_TERMINAL = 1,    /* the program has a pty; its master arrives on terminal_socket */
    POLICY_EXEC = 2,        /* a session in a running container: no log, no state, no record */
    POLICY_REMOVE = 4,      /* when the program has ended and no CLI is there: run `cleanup` */
    POLICY_DETACHED = 8,    /* the CLI leaves once the program has started */
    POLICY_STDIN_ONCE = 16, /* the first client that gives input and ends it ends the program's (docker's StdinOnce) */
    POLICY_RESTART = 32,    /* after the program's end, CLI or not: sleep, then run `cleanup` */
    POLICY_ON_FAILURE = 64, /* ... only if it has failed */
};

/* How a descriptor of the caller's may be used without ever blocking on it. */
enum caller_kind {
    CALLER_NONE = 0,
    CALLER_OWN = 1,    /* reopened, O_NONBLOCK on a description of our own */
    CALLER_SOCKET = 2, /* shared: recv and send with MSG_DONTWAIT */
    CALLER_FILE = 3,   /* regular file: never blocks; shared for its offset */
    CALLER_SHARED = 4, /* could not be reopened: poll first, at most 4096 bytes at a time */
};

enum log_driver { LOG_NONE = 0, LOG_LOCAL = 1, LOG_JSON_FILE = 2 };

struct policy {
    uint32_t version;
    uint32_t flags;
    int32_t control;   /* SOCK_SEQPACKET to the CLI that started us; -1: none */
    int32_t cli;       /* pidfd of that CLI; -1: none */
    int32_t caller[3]; /* the CLI's stdin, stdout, stderr for a session without a terminal; -1 */
    uint32_t caller_kind[3];
    int32_t stdin_pipe[2]; /* filled by the tape's pipe2 steps; -1, -1: not there */
    int32_t stdout_pipe[2];
    int32_t stderr_pipe[2];
    int32_t terminal_socket[2]; /* socketpair: the child sends the pty master (SCM_RIGHTS) on [1] */
    int32_t report_pipe[2];     /* made by the helper before the first step: see below */
    int32_t sync;               /* the child's end of its line to the CLI; the monitor only closes it */
    int32_t lock;               /* the container's flock, held until its end is recorded and its cgroup gone; -1 */
    int32_t log_directory;      /* where the log files are; -1 */
    int32_t run_directory;      /* where `state` and `record` go; -1 */
    uint32_t log_driver;
    uint32_t log_max_files; /* >= 1 */
    uint64_t log_max_size;  /* bytes in one file; 0: no rotation */
    uint32_t log_name;      /* offset of the log file's name; rotated: name.1, name.2, ... */
    int32_t home;     /* namespace that the monitor goes back to: of mounts after an exec, so as to hold none of the
                         container's; of pids where the child was born in another's; -1 */
    uint32_t cleanup; /* offset of a NULL-terminated argv (relocated); 0: none */
    uint32_t cleanup_environment;
    /* Of POLICY_RESTART, nanoseconds: the sleep after a short run; that after a run of at least good_run. */
    uint64_t delay;
    uint64_t first_delay;
    uint64_t good_run;
    uint32_t log_attributes; /* offset of what stands in each line of json-file before its time: "attrs":{...}, or "" */
    int32_t probe;           /* memfd of the job that checks the program's health; -1: none */
    uint32_t health_retries;
    uint64_t health_interval; /* nanoseconds, as all of these */
    uint64_t health_timeout;
    uint64_t health_start_period;
    uint64_t health_start_interval;
    int32_t oom_wake; /* ready when memory runs out: v1 an eventfd that bunker has registered, v2 memory.events; -1 */
    int32_t oom_file; /* has the line `oom_kill N`: memory.oom_control, memory.events; -1: nobody counts */
    uint32_t cgroups; /* offset of a NULL-terminated list of directories (relocated) that end with the program; 0 */
    uint32_t ports;   /* offset of struct port[], whose descriptors follow one another; 0 */
    uint32_t port_count;
    uint32_t reserved;
};

/* A socket that holds a published port while the program runs, and where what arrives there is copied to. */
struct port {
    int32_t fd;         /* O_NONBLOCK; TCP's listens */
    uint16_t family;    /* of the socket */
    uint16_t type;      /* SOCK_STREAM, SOCK_DGRAM */
    uint8_t target[28]; /* struct sockaddr_in or sockaddr_in6 */
};

/*
 * `detach` in the run directory: a transaction of nf_tables, as it is sent, that
 * takes away what the start has added for its container. Whoever writes down the
 * end plays it and removes it: the monitor, or if that was killed the next command.
 */
#define DETACH_NAME "detach"

/* Beside the run directories' own: which state of the firewall was right (src/network/firewall.ts). */
#define FIREWALL_PATH "../../firewall"

/*
 * On report_pipe (O_CLOEXEC) the child says one byte REPORT_READY right before
 * its execve, as a step of the tape; end of file after that means the program
 * runs. A step that fails is said as struct report; end of file with neither
 * means that the child was killed while it prepared.
 */
#define REPORT_READY 'R'

struct report {
    uint32_t step;
    int32_t error;
};

/* ---- Files the monitor leaves for the next command. ---- */

#define STATE_VERSION 1

/* `state`: written once the program has started (to `state.new`, then renamed). */
struct state {
    uint32_t version;
    int32_t monitor;        /* pid */
    uint64_t monitor_start; /* field 22 of /proc/PID/stat, clock ticks since boot */
    int32_t program;        /* pid, as the host sees it */
    uint32_t reserved;
    uint64_t program_start;
    uint64_t started; /* CLOCK_REALTIME, nanoseconds */
};

#define RECORD_VERSION 1

enum record_kind {
    RECORD_DIED = 1,
    RECORD_WAITS = 2, /* who sleeps until the restart; status: its pid, time: when it started, clock ticks since boot */
    RECORD_OOM = 3,   /* the kernel has killed for want of memory; status: how often so far, in this run */
};

/* The last RECORD_OOMS of them stand before all else, the first of more in the place of the oldest. */
#define RECORD_OOMS 32

/* Beside the run directories' own: touched when there is something that may become an event. */
#define EVENTS_PATH "../../events"

/* `record`: appended, but for RECORD_OOM. */
struct record {
    uint32_t version;
    uint32_t kind;
    int32_t status; /* wait status, as waitid's si_code/si_status folded: exit code, or 128 + signal */
    uint32_t reserved;
    uint64_t time; /* CLOCK_REALTIME, nanoseconds */
};

/*
 * `health`: this head, then HEALTH_RESULTS times struct health_result. Rewritten
 * in place by the monitor: first the result in its slot, then the head that
 * counts it. Five results are shown, the sixth slot is the one being written.
 */
#define HEALTH_NAME "health"
/* Made beside it before a container is thawed: a check that was in the middle says nothing. */
#define HEALTH_THAWED "thawed"
#define HEALTH_VERSION 1
#define HEALTH_RESULTS 6
#define HEALTH_OUTPUT 4096
#define HEALTH_CHANGES 32

enum health_status { HEALTH_STARTING = 0, HEALTH_HEALTHY = 1, HEALTH_UNHEALTHY = 2 };

struct health_change {
    uint64_t time; /* CLOCK_REALTIME, nanoseconds */
    uint32_t status;
    uint32_t reserved;
};

struct health {
    uint32_t version;
    uint32_t status; /* enum health_status */
    uint32_t streak; /* failures in a row that count */
    uint32_t reserved;
    uint64_t results; /* so many probes have ended; the last one's is in slot (results - 1) % HEALTH_RESULTS */
    uint64_t changes; /* of the status, likewise */
    struct health_change change[HEALTH_CHANGES];
};

#define HEALTH_TIMED_OUT (-1)

struct health_result {
    uint64_t start; /* CLOCK_REALTIME, nanoseconds */
    uint64_t end;
    int32_t status; /* as that of a program; HEALTH_TIMED_OUT */
    int32_t error;  /* errno of a step that has failed */
    uint32_t step;  /* its index + 1; 0: none has */
    uint32_t size;  /* of the output; HEALTH_OUTPUT + 1: there was more */
    uint8_t output[HEALTH_OUTPUT];
};

/*
 * What a probe's tape finds: beside /dev/null in 0 to 2, a pidfd of the
 * program, the pipe for its output, one for struct report (O_CLOEXEC), and the
 * program's cgroup of v2, where there is one: it may have moved since the start.
 */
#define PROBE_PROGRAM 3
#define PROBE_OUTPUT 4
#define PROBE_REPORT 5
#define PROBE_CGROUP 6

/* ---- Packets on the control socket and the attach socket (one SOCK_SEQPACKET message each). ---- */

/*
 * `attach` in the run directory: where later clients connect. A client says
 * PACKET_ATTACH; the answer is ATTACHED, then OUTPUT and at last EXITED, or it
 * is REFUSED. Monitors outlive an upgrade of bunker, hence the version in every
 * packet. A container without this file was started before it was there.
 */
#define ATTACH_NAME "attach"
#define ATTACH_MAX 8 /* clients at once */

#define PACKET_VERSION 1
#define PACKET_DATA_MAX 65536

enum packet_type {
    /* from the monitor */
    PACKET_FORKED = 1,   /* value: pid of the child */
    PACKET_FAILED = 2,   /* value: index of the step; extra: errno */
    PACKET_STARTED = 3,  /* value: pid of the program */
    PACKET_EXITED = 4,   /* value: exit status, 0-255 (128 + n for signal n) */
    PACKET_OUTPUT = 5,   /* data; value: 1 stdout or the pty, 2 stderr */
    PACKET_ATTACHED = 6, /* value: pid of the program */
    PACKET_REFUSED = 7,  /* value: how many clients there may be */
    PACKET_SKIPPED =
        8, /* so many bytes of output are not sent, since the client was slow; value, extra: low, high half */
    /* to the monitor */
    PACKET_INPUT = 16,     /* data: for the program's stdin */
    PACKET_INPUT_END = 17, /* no more input */
    PACKET_RESIZE = 18,    /* value: rows, extra: columns */
    PACKET_SIGNAL = 19,    /* value: signal for the program */
    PACKET_ATTACH = 20,    /* value: enum attach_stream, what the client gives and takes */
    PACKET_RESTART = 21,   /* value: POLICY_RESTART, POLICY_ON_FAILURE; data: struct restart_rule */
    PACKET_PORTS = 22,     /* data: struct ports_moved */
};

/* Where published ports lead from now on: to addresses of one family or both; without any, nowhere. */
struct ports_moved {
    uint32_t has_four;
    uint32_t has_six;
    uint8_t four[4];
    uint8_t six[16];
};

/* As in struct policy, nanoseconds. */
struct restart_rule {
    uint64_t delay;
    uint64_t first_delay;
    uint64_t good_run;
};

enum attach_stream { ATTACH_STDIN = 1, ATTACH_STDOUT = 2, ATTACH_STDERR = 4 };

/* The value of PACKET_FAILED where it is no step. */
enum failed {
    FAILED_DIED = -1,    /* the child ended and said nothing; extra: the signal that killed it, or 0 */
    FAILED_MONITOR = -2, /* the monitor could not take the terminal or write `state`; extra: errno */
};

struct packet {
    uint8_t version;
    uint8_t type;
    uint16_t reserved;
    int32_t value;
    int32_t extra;
    /* data follows */
};

/* ---- The `local` log: frames, one after another. ---- */

/*
 * A frame holds the bytes of one read, so a frame may hold many lines or a part
 * of one. The trailing length allows reading backwards (tail). A frame that does
 * not end within the file was cut by a crash and is not there.
 */
struct log_frame {
    uint32_t size;   /* of the bytes that follow */
    uint32_t stream; /* 1 stdout, 2 stderr; the high 16 bits are the format's version, 0 */
    uint64_t time;   /* CLOCK_REALTIME, nanoseconds, when the bytes were read */
    /* bytes[size], then uint32_t size again */
};

#endif
