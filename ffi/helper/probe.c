/*
 * A probe is a child of the monitor that plays the probe's tape: it enters the
 * container, forks the check, stays to wait for it, and ends as it ends. SIGTERM,
 * which it also gets when the monitor dies, kills the check. It is never killed
 * itself: the check would be left to the host's init, and the container's end
 * waits until somebody has waited for all its processes (zap_pid_ns_processes).
 */
#include "probe.h"
#include "end.h"
#include "job.h"
#include "player.h"
#include "status.h"
#include "sys.h"
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define JOB (PROBE_CGROUP + 1)
#define PLACED 5
#define ABOVE 64 /* above everything that is placed */
/* As much as a pipe holds, for a check that has left somebody behind who writes on. */
#define READS 16

/* Descriptors become what the tape expects; everything else of the monitor's is closed. */
static void place(int32_t program, int32_t output, int32_t report, int32_t cgroup, int32_t job) {
    int32_t fds[PLACED] = {program, output, report, cgroup, job};
    for (int at = 0; at < PLACED; at++)
        fds[at] = (int32_t)SYS(fcntl, fds[at], F_DUPFD, ABOVE);
    for (int at = 0; at < PLACED; at++)
        if (SYS(dup3, fds[at], PROBE_PROGRAM + at, O_CLOEXEC) < 0)
            SYS(close, PROBE_PROGRAM + at);
    SYS(close_range, JOB + 1, ~0u, 0);
}

static _Noreturn void wait_for_check(int32_t check) {
    static const uint64_t all = ~(uint64_t)0;
    int word = 0;
    /* Its pipes end with the check. */
    SYS(close_range, 0, ~0u, 0);
    while (SYS(wait4, check, &word, WNOHANG | __WALL, 0) == 0)
        if (SYS(rt_sigtimedwait, &all, 0, 0, 8) == SIGTERM)
            SYS(kill, check, SIGKILL);
    sys_exit(status_of_wait(word));
}

static _Noreturn void play_probe(void) {
    struct tape tape;
    struct report report = {.error = ENOEXEC};
    if (job_map(JOB, &tape)) {
        struct outcome outcome = play(&tape);
        if (outcome.played == PLAYED_INIT)
            wait_for_check(outcome.pid);
        report = (struct report){.step = outcome.step, .error = outcome.error};
    }
    SYS(write, PROBE_REPORT, &report, sizeof report);
    sys_exit(1);
}

static void close_all(const int32_t *fds, int count) {
    for (int at = 0; at < count; at++)
        if (fds[at] >= 0)
            SYS(close, fds[at]);
}

int probe_start(struct probe *probe, int32_t job, int32_t program, int32_t cgroup) {
    int32_t pipes[4] = {-1, -1, -1, -1}, pidfd = -1;
    long error = SYS(pipe2, pipes, O_CLOEXEC);
    if (error >= 0)
        error = SYS(pipe2, pipes + 2, O_CLOEXEC);
    if (error >= 0)
        error = SYS(clone, SIGCHLD | CLONE_PIDFD, 0, &pidfd, 0, 0);
    if (error == 0) {
        SYS(prctl, PR_SET_PDEATHSIG, SIGTERM);
        place(program, pipes[1], pipes[3], cgroup, job);
        play_probe();
    }
    if (error < 0) {
        close_all(pipes, 4);
        return (int)error;
    }
    close_all((const int32_t[]){pipes[1], pipes[3]}, 2);
    end_own(pipes[0]);
    end_own(pipes[2]);
    *probe = (struct probe){.pidfd = pidfd, .output = pipes[0], .report = pipes[2]};
    return 0;
}

void probe_read(const struct probe *probe, struct health_result *result) {
    uint8_t rest[512];
    for (int reads = 0; reads < READS; reads++) {
        size_t room = result->size < HEALTH_OUTPUT ? HEALTH_OUTPUT - result->size : 0;
        long got = room > 0 ? SYS(read, probe->output, result->output + result->size, room)
                            : SYS(read, probe->output, rest, sizeof rest);
        if (got <= 0)
            return;
        result->size = room > 0 ? result->size + (uint32_t)got : HEALTH_OUTPUT + 1;
    }
}

static int wait_for(int32_t pidfd) {
    siginfo_t info = {0};
    SYS(waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL, 0);
    return info.si_code == CLD_EXITED ? info.si_status & 0xff : 128 + info.si_status;
}

static void forget(struct probe *probe) {
    close_all((const int32_t[]){probe->pidfd, probe->output, probe->report}, 3);
    *probe = PROBE_NONE;
}

void probe_end(struct probe *probe, struct health_result *result) {
    struct report report;
    result->status = wait_for(probe->pidfd);
    probe_read(probe, result);
    if (SYS(read, probe->report, &report, sizeof report) == sizeof report) {
        result->step = report.step + 1;
        result->error = report.error;
    }
    forget(probe);
}

void probe_kill(const struct probe *probe) { SYS(pidfd_send_signal, probe->pidfd, SIGTERM, 0, 0); }

void probe_stop(struct probe *probe) {
    if (probe->pidfd < 0)
        return;
    probe_kill(probe);
    wait_for(probe->pidfd);
    forget(probe);
}
