/* /proc/PID, and of it stat: when a process started. */
#ifndef BUNKER_STAT_H
#define BUNKER_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Field 22 (starttime, clock ticks since boot) of a stat file's text (proc_pid_stat(5)). False: it is none. */
bool stat_start(const char *text, size_t size, uint64_t *start);

/* That of a process; pid 0: our own. 0 if it cannot be read. */
uint64_t stat_start_of(int32_t pid);

/* Opens a file of a process in /proc, as "/stat"; pid 0: our own. -errno. */
long stat_open(int32_t pid, const char *file);

#endif
