/* The process that waits: a copy of the monitor without its descriptors, a few pages. */
#include "restart.h"
#include "sys.h"
#include <asm/signal.h>
#include <linux/time_types.h>

#define SIG_SETMASK 2
#define SECOND 1000000000u

int64_t restart_delay(const struct policy *policy, int status, uint64_t started, uint64_t ended) {
    if (!(policy->flags & POLICY_RESTART) || ((policy->flags & POLICY_ON_FAILURE) && status == 0))
        return -1;
    /* The clock may have been set back meanwhile. */
    uint64_t ran = ended > started ? ended - started : 0;
    return (int64_t)(ran >= policy->good_run ? policy->first_delay : policy->delay);
}

void restart_change(struct policy *policy, uint32_t flags, const uint8_t *data, size_t size) {
    const uint32_t changeable = POLICY_RESTART | POLICY_ON_FAILURE;
    struct restart_rule rule;
    if (size != sizeof rule)
        return;
    __builtin_memcpy(&rule, data, sizeof rule);
    policy->flags = (policy->flags & ~changeable) | (flags & changeable);
    policy->delay = rule.delay;
    policy->first_delay = rule.first_delay;
    policy->good_run = rule.good_run;
}

void restart_clean_up(const struct kept *kept) {
    static const uint64_t none;
    SYS(close_range, 3, ~0u, 0);
    SYS(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    SYS(execve, kept->cleanup[0], kept->cleanup, kept->environment);
}

static _Noreturn void wait_then_wake(const struct kept *kept, int64_t delay) {
    struct __kernel_timespec time = {.tv_sec = delay / SECOND, .tv_nsec = delay % SECOND};
    SYS(close_range, 3, ~0u, 0);
    SYS(ppoll, 0, 0, &time, 0, 0);
    restart_clean_up(kept);
    sys_exit(1);
}

int32_t restart_wait(const struct kept *kept, int status, uint64_t ended) {
    int64_t delay = restart_delay(&kept->policy, status, kept->started, ended);
    if (delay < 0 || kept->cleanup == NULL)
        return 0;
    long pid = SYS(clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        wait_then_wake(kept, delay);
    /* Without memory for a child nobody waits; the next command notices. */
    return pid > 0 ? (int32_t)pid : 0;
}
