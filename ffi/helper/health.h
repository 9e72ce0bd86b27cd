/*
 * The health check of a program: when it is probed, and what the results make
 * of its status. The numbers are the policy's, the rules docker's (moby,
 * daemon/health.go). One for the monitor's one program.
 */
#ifndef BUNKER_HEALTH_H
#define BUNKER_HEALTH_H

#include "tape.h"
#include <stdbool.h>

struct pollfd;
struct __kernel_timespec;

/*
 * The program runs from now on, of which we have a pidfd and the pid. `cgroups`
 * are its directories, the freezer's first (cgroup_end), or NULL. 0 or -errno.
 */
int health_begin(const struct policy *policy, int32_t program, int32_t pid, char *const *cgroups);

#define HEALTH_WATCHED 2
/* What is to be watched, HEALTH_WATCHED entries. */
void health_watch(struct pollfd *poll);

/* The time until there is something to do; false: never. Shortens a limit that is there already. */
bool health_limit(struct __kernel_timespec *limit, bool limited);

/* Does what is due. */
void health_continue(const struct pollfd *poll);

/* The program is over: no more of it. */
void health_end(void);

/* ---- Pure: for the above, and for tests. ---- */

/* Nanoseconds from one probe to the next. `age` is that of the program. */
uint64_t health_next(const struct policy *policy, const struct health *health, uint64_t age);

/* What a result makes of the status. `age` is that of the program when the probe began. True: it has changed. */
bool health_judge(struct health *health, const struct policy *policy, const struct health_result *result, uint64_t age);

#endif
