/* What the monitor leaves in the run directory for the next command: `state` and `record` (tape.h). */
#ifndef BUNKER_RECORD_H
#define BUNKER_RECORD_H

#include "tape.h"

/* Writes `state` and makes `record`, empty, so that who waits can open it. 0 or -errno. */
int record_start(int directory, int32_t program);

/* Appends the program's end, and who waits to restart it (a pid; 0: nobody). */
void record_died(int directory, int status, uint64_t time, int32_t waiter);

/* Notes that there were so many OOM kills by now; the `nth` note of this run, from 0. */
void record_oom(int directory, uint32_t nth, uint64_t kills, uint64_t time);

/* Wakes up who listens for events. */
void record_announce(int directory);

#endif
