/* The end of the program: everything into the log, the record, then whatever the caller has not got yet. */
#include "cgroup.h"
#include "control.h"
#include "detach.h"
#include "flows.h"
#include "forward.h"
#include "health.h"
#include "monitor.h"
#include "oom.h"
#include "record.h"
#include "restart.h"
#include "sys.h"
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/wait.h>

int monitor_reap(struct monitor *monitor) {
    if (monitor->pidfd < 0)
        return monitor->status;
    siginfo_t info = {0};
    SYS(waitid, P_PIDFD, monitor->pidfd, &info, WEXITED | __WALL, 0);
    monitor->status = info.si_code == CLD_EXITED ? info.si_status & 0xff : 128 + info.si_status;
    SYS(close, monitor->pidfd);
    monitor->pidfd = -1;
    return monitor->status;
}

static void close_if(int32_t *fd) {
    if (*fd >= 0)
        SYS(close, *fd);
    *fd = -1;
}

/* Who starts the container again waits for the lock, and makes a cgroup of the same name. */
static void end_cgroup(struct monitor *monitor) {
    cgroup_end(monitor->kept.cgroups, CGROUP_ROUNDS);
    monitor->kept.cgroups = NULL;
    close_if(&monitor->kept.policy.lock);
}

/*
 * The ports are free, and nothing of the host leads to the container's address:
 * both before the end is recorded, for whoever sees that may take them.
 */
static void end_network(const struct monitor *monitor) {
    forward_end();
    /* The socket stays open to our end: closing it waits for an RCU grace period, 15 ms. */
    bool was_led = detach(monitor->kept.policy.run_directory);
    flows_forget(monitor->kept.ports, monitor->kept.policy.port_count);
    if (was_led)
        detach_forget(monitor->kept.policy.run_directory);
}

static _Noreturn void finish(struct monitor *monitor, int status) {
    bool connected = monitor->control >= 0;
    control_close(&monitor->control);
    end_cgroup(monitor);
    if ((monitor->kept.policy.flags & POLICY_REMOVE) && !connected && monitor->kept.cleanup != NULL)
        restart_clean_up(&monitor->kept); /* in place: who waits for the monitor's pid waits for it */
    sys_exit(status);
}

_Noreturn void monitor_fail(struct monitor *monitor, int32_t value, int32_t extra) {
    monitor_reap(monitor);
    end_network(monitor);
    control_send(monitor->control, PACKET_FAILED, value, extra);
    finish(monitor, 1);
}

bool monitor_is_delivered(const struct monitor *monitor) {
    return !stream_is_pending(&monitor->out) && !stream_is_pending(&monitor->err);
}

void monitor_deliver(struct monitor *monitor) {
    if (!monitor_is_delivered(monitor))
        return;
    /* The last packet of all, and the socket may be full of a terminal's output. */
    if (control_send(monitor->control, PACKET_EXITED, monitor->status, 0) != -EAGAIN)
        finish(monitor, 0);
}

/*
 * Others take the monitor's end as the sign that the program's is recorded; a
 * reader that has stalled must not delay them. So a child stays for it.
 */
static void leave_deliverer(void) {
    long pid = SYS(clone, SIGCHLD, 0, 0, 0, 0);
    if (pid > 0)
        sys_exit(0);
    /* Without memory for a child the monitor itself delivers, and others wait. */
}

void monitor_end(struct monitor *monitor) {
    struct policy *policy = &monitor->kept.policy;
    health_end();
    monitor_reap(monitor);
    oom_end();
    end_network(monitor);
    uint64_t time = log_now();
    stream_drop(&monitor->in);
    stream_drain(&monitor->out);
    stream_drain(&monitor->err);
    log_flush(&monitor->log);
    if (policy->run_directory >= 0)
        record_died(policy->run_directory, monitor->status, time, restart_wait(&monitor->kept, monitor->status, time));
    close_if(&policy->run_directory);
    close_if(&policy->log_directory);
    close_if(&monitor->log.fd);
    monitor_close_attach(monitor);
    monitor->phase = DELIVERING;
    monitor_deliver(monitor);
    end_cgroup(monitor);
    leave_deliverer();
}
