/*
 * The reaper. All signals are blocked since the helper began; the kernel drops
 * signals that PID 1 does not handle only where they are not blocked
 * (kernel/signal.c, sig_ignored), so sigtimedwait sees them all.
 */
#include "init.h"
#include "status.h"
#include "sys.h"
#include <asm/signal.h>
#include <linux/wait.h>

/* Reaps what has ended; true if the program is among it. */
static bool reap_all(int32_t program, int *status) {
    bool ended = false;
    for (;;) {
        int word = 0;
        long pid = SYS(wait4, -1, &word, WNOHANG | __WALL, 0);
        if (pid <= 0)
            return ended;
        if (pid == program) {
            *status = status_of_wait(word);
            ended = true;
        }
    }
}

_Noreturn void reap(int32_t program) {
    static const uint64_t all = ~(uint64_t)0;
    int status = 0;
    /* Nothing is kept open, so pipes and terminal end with the program. */
    SYS(close_range, 0, ~0u, 0);
    for (;;) {
        /* First: the program may have ended before we wait. */
        if (reap_all(program, &status))
            sys_exit(status);
        long signal = SYS(rt_sigtimedwait, &all, 0, 0, 8);
        /* What the terminal says to a background process is for us alone (tini ignores these two as well). */
        if (signal > 0 && signal != SIGCHLD && signal != SIGTTIN && signal != SIGTTOU)
            SYS(kill, program, signal);
    }
}
