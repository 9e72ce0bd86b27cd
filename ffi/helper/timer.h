/* What is due, on the clock that nobody sets. Knows nothing of what. */
#ifndef BUNKER_TIMER_H
#define BUNKER_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct __kernel_timespec;

/* CLOCK_MONOTONIC, nanoseconds. */
uint64_t timer_now(void);

/* The time until `due`, where there is no limit (`limited`: false) or a longer one. True: there is one now. */
bool timer_limit(uint64_t due, struct __kernel_timespec *limit, bool limited);

#endif
