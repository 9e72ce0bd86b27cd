/*
 * The monitor of one container, or of one exec: holds its pipes or terminal,
 * writes its log, waits for its end and says so. One process, one thread, one
 * ppoll; it decides nothing that struct policy does not say.
 */
#ifndef BUNKER_MONITOR_H
#define BUNKER_MONITOR_H

#include "clients.h"
#include "job.h"
#include "keep.h"
#include "log.h"
#include "report.h"
#include "stream.h"

enum phase {
    PREPARING, /* the child plays its part of the tape */
    RUNNING,
    DELIVERING, /* the program is dead and recorded; the caller has not got everything yet */
};

struct monitor {
    struct kept kept;
    enum phase phase;
    int32_t control, cli;     /* -1: gone */
    int32_t report, terminal; /* report_pipe[0], terminal_socket[0] */
    int32_t program;          /* pid */
    int32_t pidfd;            /* of the program; -1 once it is reaped */
    int32_t status;
    struct hearing hearing;
    struct log log;
    struct stream in, out, err;
    int32_t listener; /* of the attach socket; -1: none */
    struct clients clients;
    bool left; /* the CLI is gone, or never was to stay */
};

/* In the parent of a STEP_MONITOR. */
_Noreturn void monitor(struct tape *tape, int32_t pid);

/* start.c of the program: monitor_begin.c */
void monitor_hear(struct monitor *monitor);

/* The CLI is gone, or leaves: its descriptors are dropped at once, with what waits for them. */
void monitor_leave(struct monitor *monitor);

/* Messages of the CLI: monitor_serve.c */
void monitor_serve(struct monitor *monitor);
bool monitor_listens(const struct monitor *monitor);
/* ... to a client: who gives no input need not wait until there is room for it. */
bool monitor_listens_to(const struct monitor *monitor, const struct client *client);
/* Messages of a client, and its end. */
void monitor_serve_client(struct monitor *monitor, struct client *client);
void monitor_drop_client(struct monitor *monitor, struct client *client);
/* Gives pages back. */
void monitor_serve_rest(void);

/* Those that attach later: monitor_attach.c. `poll` has room for the listener and ATTACH_MAX clients. */
#define ATTACH_WATCHED (1 + ATTACH_MAX)
int monitor_open_attach(struct monitor *monitor);
void monitor_watch_attach(const struct monitor *monitor, struct pollfd *poll);
void monitor_continue_attach(struct monitor *monitor, const struct pollfd *poll);
void monitor_close_attach(struct monitor *monitor);

/* The end of the program: monitor_end.c */
void monitor_end(struct monitor *monitor);
_Noreturn void monitor_fail(struct monitor *monitor, int32_t value, int32_t extra);
/* DELIVERING: says EXITED and ends the process, unless something waits for the caller still. */
void monitor_deliver(struct monitor *monitor);
bool monitor_is_delivered(const struct monitor *monitor);

/* Waits for the program and reaps it. Its status as docker counts. */
int monitor_reap(struct monitor *monitor);

#endif
