/* Limits of a ppoll. */
#include "timer.h"
#include "sys.h"
#include <linux/time.h>
#include <linux/time_types.h>

#define SECOND 1000000000u

uint64_t timer_now(void) {
    struct __kernel_timespec time = {0};
    SYS(clock_gettime, CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

bool timer_limit(uint64_t due, struct __kernel_timespec *limit, bool limited) {
    uint64_t time = timer_now(), left = due > time ? due - time : 0;
    if (limited && (uint64_t)limit->tv_sec * SECOND + (uint64_t)limit->tv_nsec <= left)
        return true;
    *limit = (struct __kernel_timespec){.tv_sec = (int64_t)(left / SECOND), .tv_nsec = (int64_t)(left % SECOND)};
    return true;
}
