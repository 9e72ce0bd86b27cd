/*
 * Where the helper begins: the job on descriptor 3, signals as a new program
 * expects them, then the player, and after its forks the monitor or the reaper.
 */
#include "control.h"
#include "init.h"
#include "job.h"
#include "monitor.h"
#include "player.h"
#include "sys.h"
#include <linux/fcntl.h>
#include <linux/prctl.h>

#define JOB_DESCRIPTOR 3
#define SIG_SETMASK 2
#define SIGNALS 64

/* The kernel starts a program with the stack pointer 16-aligned; a call expects that before the call. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tcall start\n\thlt\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x30, xzr\n\tb start\n");
#endif

/* struct sigaction of the kernel: zeros are SIG_DFL, no flags, an empty mask. */
struct action {
    uint64_t zero[4];
};

/* Bun ignores SIGPIPE and SIGXFSZ, and what is ignored stays ignored over an execve. */
static void reset_signals(void) {
    static const struct action action;
    static const uint64_t all = ~(uint64_t)0;
    for (int signal = 1; signal <= SIGNALS; signal++)
        SYS(rt_sigaction, signal, &action, 0, 8);
    SYS(rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
}

static _Noreturn void fail(const struct tape *tape, const struct outcome *outcome) {
    if (outcome->forked) {
        struct report report = {.step = outcome->step, .error = outcome->error};
        SYS(write, tape->policy->report_pipe[1], &report, sizeof report);
    } else {
        control_send(tape->policy->control, PACKET_FAILED, (int32_t)outcome->step, outcome->error);
    }
    sys_exit(1);
}

_Noreturn void start(void);

__attribute__((used)) _Noreturn void start(void) {
    struct tape tape;
    reset_signals();
    SYS(prctl, PR_SET_NAME, "bunker-monitor");
    SYS(prctl, PR_SET_DUMPABLE, 0);
    if (!job_map(JOB_DESCRIPTOR, &tape))
        sys_exit(2);
    /* The monitor's end must not block it; the child's few bytes always fit. */
    if (SYS(pipe2, tape.policy->report_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        sys_exit(2);
    struct outcome outcome = play(&tape);
    switch (outcome.played) {
    case PLAYED_MONITOR:
        monitor(&tape, outcome.pid);
    case PLAYED_INIT:
        reap(outcome.pid);
    default:
        fail(&tape, &outcome);
    }
}
