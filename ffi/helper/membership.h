/* /proc/PID/cgroup: where below its container's cgroup of v2 a process is (cgroups(7)). */
#ifndef BUNKER_MEMBERSHIP_H
#define BUNKER_MEMBERSHIP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Opens (O_PATH) the cgroup that a process is in: `own`, the container's
 * directory, or one below it. `own` where that cannot be told. -errno.
 */
int membership_open(const char *own, int32_t pid);

/* ---- Pure: for the above, and for tests. ---- */

/*
 * What follows a name in the path of v2's line, as "/init" or nothing, in the
 * text: how long it is. 0 also where there is no such line, or no such name.
 */
size_t membership_below(const char *text, size_t size, const char *name, const char **below);

#endif
