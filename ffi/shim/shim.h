/*
 * What Bun calls by bun:ffi: where JavaScript cannot go. Pointers first, so
 * that the layouts are the same to read on both sides (ffi/spawn.ts,
 * ffi/session.ts). Results are >= 0, or -errno; errno itself is left alone.
 */
#ifndef BUNKER_SHIM_H
#define BUNKER_SHIM_H

#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* One system call. */
EXPORT int64_t bunker_sys(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f);

/* Reads the beginning of a file, at most `size` bytes, by one read. How many there were. */
EXPORT int64_t bunker_read_file(const char *path, void *bytes, int64_t size);

/* cgroup_end of ffi/helper/cgroup.h: what the monitor does, where that was killed. 1: nothing is left of it. */
EXPORT int64_t bunker_end_cgroup(char *const *paths, int64_t rounds);

/* cgroup_kill of ffi/helper/cgroup.h. */
EXPORT int64_t bunker_kill_cgroup(const char *path);

struct spawn {
    const int32_t *fds; /* fds[i] becomes descriptor i of the helper; -1: i is closed there */
    char *const *argv;
    char *const *envp;
    int32_t *pidfd;      /* out */
    int64_t nofile_soft; /* soft RLIMIT_NOFILE of the helper; -1: as it is */
    int32_t helper;      /* memfd of the program */
    int32_t count;       /* of fds */
};

/* Starts the helper. Its pid, or -errno of the clone or of the execveat; then no process is left. */
EXPORT int64_t bunker_spawn(const struct spawn *spawn);

enum session_flag {
    SESSION_FORWARD_SIGNALS = 1, /* signals that reach us go to the program (--sig-proxy) */
    SESSION_PTY = 2,             /* the program has one: it is told the size of the caller's terminal */
    SESSION_RAW = 4,             /* `input` is a terminal, raw while the session lasts */
    SESSION_GUEST = 8,           /* the program was there before us, and is none the worse when we leave */
};

enum session_end {
    SESSION_EXITED = 1,        /* status: the program's */
    SESSION_DETACHED = 2,      /* by the detach keys */
    SESSION_MONITOR_GONE = 3,  /* the monitor died without a word */
    SESSION_TERMINAL_GONE = 4, /* our terminal or reader has gone, or a signal was for us; status: its number */
};

struct session {
    const uint8_t *detach_keys;
    uint64_t skipped;      /* out: bytes of output that we were too slow for */
    uint32_t detach_count; /* 0: none */
    int32_t control;
    int32_t input; /* what is read for the program, to its end; -1: nothing */
    int32_t
        output[2];   /* where the output goes that comes as packets: stdout's or the pty's, and stderr's; -1: nowhere */
    int32_t program; /* pidfd that signals go to; -1: to the monitor, which passes them on */
    uint32_t flags;
    int32_t ended;  /* out: enum session_end */
    int32_t status; /* out */
};

/*
 * Keeps what a session forwards until there is one: for the time between the
 * first instruction of a program and the session, since the program may be seen
 * to run, and be sent a signal by way of us, before we stay with it. 0 or -errno.
 */
EXPORT int64_t bunker_hold_signals(void);

/*
 * The CLI's loop while its program runs in the foreground. All of it is here
 * because a JavaScript signal handler does not run while Bun sits in a foreign
 * call. Returns 0, or -errno if it could not begin. The terminal is as it was
 * and the signal handlers are back, however it ends.
 */
EXPORT int64_t bunker_session(struct session *session);

enum copy_flag {
    COPY_ARCHIVE = 1, /* owners are kept, and all attributes matter */
};

/* How the kernel copies between two file systems: found out once. */
enum copy_way {
    COPY_RANGE = 0,
    COPY_SEND = 1,
    COPY_BY_CALLER = 2, /* not in the kernel: no file is plain any more */
};

enum copy_result {
    COPY_NOT_PLAIN = 0, /* for the caller to copy; what there is of it is to be replaced */
    COPY_MADE = 1,
};

struct copy {
    const char *name;    /* of the source, and of what is made */
    uint64_t size;       /* out: bytes that were made */
    int32_t from, to;    /* directories */
    int32_t descriptors; /* /proc/self/fd */
    uint32_t flags;
    int32_t way; /* in and out */
};

/* Copies a file if it is a plain one: enum copy_result, or -errno with part of it made. */
EXPORT int64_t bunker_copy_plain(struct copy *copy);

#endif
