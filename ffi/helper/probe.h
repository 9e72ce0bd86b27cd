/* One run of a health check: its tape played in a child, its output and its end. Knows nothing of health. */
#ifndef BUNKER_PROBE_H
#define BUNKER_PROBE_H

#include "tape.h"

struct probe {
    int32_t pidfd;  /* of the child that waits for it; -1: none runs */
    int32_t output; /* the pipe's end to read, O_NONBLOCK; -1 */
    int32_t report;
};

#define PROBE_NONE ((struct probe){-1, -1, -1})

/* Begins to play the job in `job` beside the program, in a cgroup of v2; -1: there is none. 0 or -errno. */
int probe_start(struct probe *probe, int32_t job, int32_t program, int32_t cgroup);

/* Takes what it has said, up to HEALTH_OUTPUT bytes; the rest is read and forgotten. */
void probe_read(const struct probe *probe, struct health_result *result);

/* It has ended: its status, or the step that has failed, into the result. */
void probe_end(struct probe *probe, struct health_result *result);

/* Kills the check; the probe's end follows. */
void probe_kill(const struct probe *probe);

/* Ends a probe, if there is one, and waits for that. */
void probe_stop(struct probe *probe);

#endif
