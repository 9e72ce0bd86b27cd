/*
 * OOM kills among the container's processes: noticed when the kernel says that
 * memory has run out, counted by the cgroup, noted in the record. One for the
 * monitor's one program.
 */
#ifndef BUNKER_OOM_H
#define BUNKER_OOM_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

struct pollfd;
struct __kernel_timespec;

/* The container is made from now on: what was counted before is not its own. */
void oom_begin(const struct policy *policy);

/* What is to be watched, one entry; nothing where there is no record yet. */
void oom_watch(struct pollfd *poll, bool recorded);

/* The time until there is something to look at; false: never. Shortens a limit that is there already. */
bool oom_limit(struct __kernel_timespec *limit, bool limited);

/* Looks, and notes what is new. */
void oom_continue(const struct pollfd *poll);

/* The program is over: the last look. */
void oom_end(void);

/* ---- Pure: for the above, and for tests. ---- */

/* N of the line `oom_kill N` in a text of memory.oom_control or memory.events. False: there is none. */
bool oom_count(const char *text, size_t size, uint64_t *kills);

#endif
