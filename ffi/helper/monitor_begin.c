/* From the fork to the start of the program: the child's report, its terminal, its files. */
#include "control.h"
#include "forward.h"
#include "health.h"
#include "message.h"
#include "monitor.h"
#include "record.h"
#include "sys.h"
#include <asm/poll.h>
#include <linux/fcntl.h>

/* The pty's master, which the child has sent before it was ready; exactly one descriptor. */
static int receive_terminal(int socket) {
    uint8_t byte;
    struct part part = {&byte, 1};
    struct rights rights = {0};
    struct message message = {.parts = &part, .part_count = 1, .control = &rights, .control_size = sizeof rights};
    long got = SYS(recvmsg, socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0)
        return (int)got;
    if (rights.size != RIGHTS_SIZE || rights.level != SOL_SOCKET || rights.type != SCM_RIGHTS)
        return -EBADF;
    return message.flags & MSG_CTRUNC ? -EBADF : rights.descriptor;
}

static int connect_terminal(struct monitor *monitor) {
    int master = receive_terminal(monitor->terminal);
    SYS(close, monitor->terminal);
    if (master < 0)
        return master;
    end_own(master);
    monitor->out.from = (struct end){.fd = master, .kind = CALLER_OWN};
    monitor->out.to = (struct end){.fd = monitor->control, .kind = END_CONTROL};
    monitor->out.terminal = true;
    long again = SYS(fcntl, master, F_DUPFD_CLOEXEC, 0);
    monitor->in.to = (struct end){.fd = (int32_t)again, .kind = CALLER_OWN};
    return 0;
}

static struct end caller_of(const struct policy *policy, int at) {
    return (struct end){.fd = policy->caller[at], .kind = policy->caller_kind[at]};
}

static struct end pipe_of(int32_t fd) {
    if (fd >= 0)
        end_own(fd);
    return (struct end){.fd = fd, .kind = CALLER_OWN};
}

static void connect_pipes(struct monitor *monitor) {
    const struct policy *policy = &monitor->kept.policy;
    monitor->in.from = caller_of(policy, 0);
    monitor->in.to = pipe_of(policy->stdin_pipe[1]);
    monitor->out.from = pipe_of(policy->stdout_pipe[0]);
    monitor->out.to = caller_of(policy, 1);
    monitor->err.from = pipe_of(policy->stderr_pipe[0]);
    monitor->err.to = caller_of(policy, 2);
    /* The CLI may have gone while the program was prepared. */
    if (monitor->left)
        monitor_leave(monitor);
}

static void started(struct monitor *monitor) {
    const struct policy *policy = &monitor->kept.policy;
    int error = policy->flags & POLICY_TERMINAL ? connect_terminal(monitor) : 0;
    if (!(policy->flags & POLICY_TERMINAL))
        connect_pipes(monitor);
    if (error == 0)
        error = log_open(&monitor->log, policy, monitor->kept.log_name);
    monitor->log.attributes = monitor->kept.log_attributes;
    struct log *log = monitor->log.fd >= 0 ? &monitor->log : NULL;
    monitor->out.log = monitor->err.log = log;
    monitor->out.clients = monitor->err.clients = &monitor->clients;
    stream_begin(&monitor->in);
    stream_begin(&monitor->out);
    stream_begin(&monitor->err);
    if (error == 0)
        error = health_begin(policy, monitor->pidfd, monitor->program, monitor->kept.cgroups);
    if (error == 0)
        error = forward_begin(monitor->kept.ports, policy->port_count);
    if (error == 0 && policy->run_directory >= 0)
        error = record_start(policy->run_directory, monitor->program);
    if (error < 0) {
        /* A program that the next command cannot find, or whose log cannot be kept, must not run. */
        SYS(pidfd_send_signal, monitor->pidfd, 9, 0, 0);
        monitor_fail(monitor, FAILED_MONITOR, -error);
    }
    monitor->kept.started = log_now();
    monitor->phase = RUNNING;
    control_send(monitor->control, PACKET_STARTED, monitor->program, 0);
    if (policy->flags & POLICY_DETACHED)
        monitor_leave(monitor);
}

static enum verdict hear(struct monitor *monitor) {
    enum verdict verdict = VERDICT_WAIT;
    while (verdict == VERDICT_WAIT) {
        uint8_t bytes[sizeof monitor->hearing.bytes];
        long got = SYS(read, monitor->report, bytes, sizeof bytes);
        if (got < 0)
            return VERDICT_WAIT;
        verdict = report_hear(&monitor->hearing, bytes, (size_t)got);
    }
    return verdict;
}

void monitor_hear(struct monitor *monitor) {
    enum verdict verdict = hear(monitor);
    if (verdict == VERDICT_WAIT)
        return;
    SYS(close, monitor->report);
    monitor->report = -1;
    if (verdict == VERDICT_STARTED) {
        started(monitor);
        return;
    }
    if (verdict == VERDICT_FAILED) {
        struct report report = report_of(&monitor->hearing);
        monitor_fail(monitor, (int32_t)report.step, report.error);
    }
    int status = monitor_reap(monitor);
    monitor_fail(monitor, FAILED_DIED, status > 128 ? status - 128 : 0);
}
