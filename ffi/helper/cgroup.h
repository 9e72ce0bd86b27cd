/*
 * The end of a container's cgroup: whoever is left in it is killed, and its
 * directories go, with those that the container has made in them. Knows no
 * limits and no controllers.
 */
#ifndef BUNKER_CGROUP_H
#define BUNKER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Ends a cgroup, which on v1 is a directory in each hierarchy: NULL-terminated
 * absolute paths, the one that is asked who is in it first (the freezer's, so
 * that nobody forks away). What could not be removed after so many rounds, with
 * naps of 1, 2, 4 ... 100, 100 ms, stays, for the next command.
 * True: nothing of it is left, or NULL.
 */
bool cgroup_end(char *const *paths, int rounds);

/* The monitor's: two seconds. */
#define CGROUP_ROUNDS 25

/* Kills all that are in a cgroup and in those below it; most of them are not dead yet when it returns. */
void cgroup_kill(const char *path);

/* True if a cgroup is frozen, or just being so: paths[0] of the above. False where there is none, or no freezer. */
bool cgroup_is_frozen(const char *path);

/* Lets a cgroup run again. */
void cgroup_thaw(const char *path);

/* ---- Pure: for the above, and for tests. ---- */

/* Reads the numbers of cgroup.procs, however the file is cut into pieces. Zeros are nothing yet. */
struct pid_reader {
    uint64_t number;
    bool bad; /* the line is no pid */
};

/* Takes a byte. The pid whose line it ends; 0: it ends none, or a line that is no pid of this namespace. */
int32_t pid_read(struct pid_reader *reader, char byte);

#endif
