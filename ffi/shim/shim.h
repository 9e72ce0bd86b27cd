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
};

enum session_end {
    SESSION_EXITED = 1,        /* status: the program's */
    SESSION_DETACHED = 2,      /* by the detach keys */
    SESSION_MONITOR_GONE = 3,  /* the monitor died without a word */
    SESSION_TERMINAL_GONE = 4, /* our terminal hung up, or a signal was for us; status: its number */
};

struct session {
    const uint8_t *detach_keys;
    uint32_t detach_count; /* 0: none */
    int32_t control;
    int32_t terminal_in;  /* the caller's terminal, raw while the session lasts; -1: no input */
    int32_t terminal_out; /* where the pty's output goes: a terminal or not; -1: the program has no pty */
    uint32_t flags;
    int32_t ended;  /* out: enum session_end */
    int32_t status; /* out */
};

/*
 * The CLI's loop while its program runs in the foreground. All of it is here
 * because a JavaScript signal handler does not run while Bun sits in a foreign
 * call. Returns 0, or -errno if it could not begin. The terminal is as it was
 * and the signal handlers are back, however it ends.
 */
EXPORT int64_t bunker_session(struct session *session);

#endif
