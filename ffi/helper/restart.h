/* What the end of a program starts: bunker, at once (--rm) or after a delay (--restart). The numbers are the policy's.
 */
#ifndef BUNKER_RESTART_H
#define BUNKER_RESTART_H

#include "keep.h"

/*
 * Leaves a process behind that sleeps the delay and becomes `cleanup`, where
 * the policy wants one after such an end. Its pid; 0: none. The monitor itself
 * must go: its end is the sign that the program's is recorded.
 */
int32_t restart_wait(const struct kept *kept, int status, uint64_t ended);

/* The delay after a program that ran from `started` to `ended`, nanoseconds; -1: no restart. */
int64_t restart_delay(const struct policy *policy, int status, uint64_t started, uint64_t ended);

/* Takes over the policy of PACKET_RESTART; data that is no struct restart_rule changes nothing. */
void restart_change(struct policy *policy, uint32_t flags, const uint8_t *data, size_t size);

/* Becomes `cleanup`. Returns only where that fails. */
void restart_clean_up(const struct kept *kept);

#endif
