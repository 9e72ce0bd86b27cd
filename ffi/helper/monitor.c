/* The monitor's beginning and its loop. */
#include "monitor.h"
#include "control.h"
#include "forward.h"
#include "health.h"
#include "oom.h"
#include "sys.h"
#include <asm/poll.h>
#include <linux/time_types.h>

/* Buffers go back after this much silence; one timer after traffic, none when idle. */
#define REST_SECONDS 1

/* In .bss, so that a page is there only once it has been used. */
static uint8_t in_buffer[STREAM_BUFFER] __attribute__((aligned(PAGE)));
static uint8_t out_buffer[STREAM_BUFFER] __attribute__((aligned(PAGE)));
static uint8_t err_buffer[STREAM_BUFFER] __attribute__((aligned(PAGE)));
static struct monitor self;

static void begin(struct monitor *monitor, struct tape *tape, int32_t pid) {
    monitor->program = pid;
    /* The pid cannot be another's yet: we have not reaped it. */
    monitor->pidfd = (int32_t)SYS(pidfd_open, pid, 0);
    if (!keep(tape, &monitor->kept))
        sys_exit(1);
    struct policy *policy = &monitor->kept.policy;
    oom_begin(policy);
    long home = policy->home >= 0 ? SYS(setns, policy->home, 0) : 0;
    keep_descriptors(&monitor->kept, monitor->pidfd);
    int error = home < 0 ? (int)home : monitor_open_attach(monitor);
    SYS(chdir, "/");
    monitor->control = policy->control;
    monitor->cli = policy->cli;
    monitor->report = policy->report_pipe[0];
    monitor->terminal = policy->terminal_socket[0];
    monitor->in = (struct stream){.from = END_CLOSED, .to = END_CLOSED, .buffer = in_buffer, .input = true};
    monitor->out = (struct stream){.from = END_CLOSED, .to = END_CLOSED, .buffer = out_buffer, .number = 1};
    monitor->err = (struct stream){.from = END_CLOSED, .to = END_CLOSED, .buffer = err_buffer, .number = 2};
    if (error >= 0)
        return;
    SYS(pidfd_send_signal, monitor->pidfd, 9, 0, 0);
    monitor_fail(monitor, FAILED_MONITOR, -error);
}

/*
 * While the program is prepared nobody but the CLI could answer what the tape
 * waits for, or see that a step hangs: without it there is no start.
 */
static void abandon(const struct monitor *monitor) {
    if (monitor->phase == PREPARING && monitor->hearing.size == 0)
        SYS(pidfd_send_signal, monitor->pidfd, 9, 0, 0);
}

void monitor_leave(struct monitor *monitor) {
    struct stream *in = &monitor->in;
    abandon(monitor);
    monitor->left = true;
    control_close(&monitor->control);
    if (monitor->cli >= 0)
        SYS(close, monitor->cli);
    monitor->cli = -1;
    end_close(&in->from);
    /* As docker's StdinOnce: the session's end is the end of its input. Without a session it stays open. */
    if (!(monitor->kept.policy.flags & (POLICY_DETACHED | POLICY_TERMINAL))) {
        in->ended = true;
        if (!stream_is_pending(in))
            end_close(&in->to);
    }
    stream_drop(&monitor->out);
    stream_drop(&monitor->err);
}

static bool is_busy(const struct monitor *monitor) {
    return monitor->in.busy || monitor->out.busy || monitor->err.busy;
}

static void rest(struct monitor *monitor) {
    stream_rest(&monitor->in);
    stream_rest(&monitor->out);
    stream_rest(&monitor->err);
    log_rest(&monitor->log);
    monitor_serve_rest();
}

enum {
    POLL_CONTROL,
    POLL_CLI,
    POLL_PROGRAM,
    POLL_REPORT,
    POLL_OOM,
    POLL_FORWARD,
    POLL_ATTACH,
    POLL_HEALTH = POLL_ATTACH + ATTACH_WATCHED,
    POLL_STREAMS = POLL_HEALTH + HEALTH_WATCHED
};

static short control_events(const struct monitor *monitor) {
    if (monitor->phase == DELIVERING)
        return monitor_is_delivered(monitor) ? POLLOUT : 0;
    return monitor_listens(monitor) ? POLLIN : 0;
}

static void watch(struct pollfd *poll, int32_t fd, short events) {
    /* ppoll passes over negative descriptors. */
    *poll = (struct pollfd){.fd = fd, .events = events};
}

static void turn(struct monitor *monitor) {
    struct pollfd poll[POLL_STREAMS + 6];
    struct __kernel_timespec limit = {.tv_sec = REST_SECONDS};
    struct stream *streams[3] = {&monitor->in, &monitor->out, &monitor->err};
    unsigned counts[3] = {0}, count = POLL_STREAMS;
    watch(&poll[POLL_CONTROL], monitor->control, control_events(monitor));
    watch(&poll[POLL_CLI], monitor->cli, POLLIN);
    watch(&poll[POLL_PROGRAM], monitor->pidfd, POLLIN);
    watch(&poll[POLL_REPORT], monitor->report, POLLIN);
    monitor_watch_attach(monitor, &poll[POLL_ATTACH]);
    for (int at = 0; at < 3 && monitor->phase != PREPARING; at++) {
        counts[at] = stream_wants(streams[at], poll + count);
        count += counts[at];
    }
    health_watch(&poll[POLL_HEALTH]);
    oom_watch(&poll[POLL_OOM], monitor->phase == RUNNING);
    forward_watch(&poll[POLL_FORWARD]);
    bool busy = is_busy(monitor);
    bool limited = forward_limit(&limit, oom_limit(&limit, health_limit(&limit, busy)));
    long ready = SYS(ppoll, poll, count, limited ? &limit : 0, 0, 0);
    if (ready == 0 && busy)
        rest(monitor);
    health_continue(&poll[POLL_HEALTH]);
    oom_continue(&poll[POLL_OOM]);
    forward_continue(&poll[POLL_FORWARD]);
    if (ready <= 0)
        return;
    const struct pollfd *entries = poll + POLL_STREAMS;
    for (int at = 0; at < 3; at++) {
        stream_continue(streams[at], entries, counts[at]);
        entries += counts[at];
    }
    if (poll[POLL_REPORT].revents)
        monitor_hear(monitor);
    if (poll[POLL_CONTROL].revents & POLLIN)
        monitor_serve(monitor);
    monitor_continue_attach(monitor, &poll[POLL_ATTACH]);
    if ((poll[POLL_CONTROL].revents & (POLLHUP | POLLERR)) || poll[POLL_CLI].revents)
        monitor_leave(monitor);
    if (poll[POLL_PROGRAM].revents && monitor->phase == RUNNING)
        monitor_end(monitor);
    if (monitor->phase == DELIVERING)
        monitor_deliver(monitor);
}

_Noreturn void monitor(struct tape *tape, int32_t pid) {
    begin(&self, tape, pid);
    control_send(self.control, PACKET_FORKED, pid, 0);
    for (;;)
        turn(&self);
}
