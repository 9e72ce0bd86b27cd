/* The clock of the probes, and the file that tells of them. */
#include "health.h"
#include "cgroup.h"
#include "log.h"
#include "membership.h"
#include "probe.h"
#include "record.h"
#include "sys.h"
#include "timer.h"
#include <asm/poll.h>
#include <linux/fcntl.h>

static struct {
    bool on, late; /* late: the running probe was killed */
    int32_t program, pid, file;
    const char *cgroup;  /* frozen, nothing is probed; NULL: there is none */
    const char *unified; /* that of v2; NULL: there is none */
    struct policy policy;
    uint64_t started, due; /* CLOCK_MONOTONIC */
    uint64_t age;          /* of the program when the running probe began */
    struct probe probe;
    struct health health;
    struct health_result result;
} self;

uint64_t health_next(const struct policy *policy, const struct health *health, uint64_t age) {
    bool starting = age < policy->health_start_period && health->status == HEALTH_STARTING;
    return starting ? policy->health_start_interval : policy->health_interval;
}

bool health_judge(struct health *health, const struct policy *policy, const struct health_result *result,
                  uint64_t age) {
    uint32_t before = health->status;
    if (result->status == 0) {
        health->streak = 0;
        health->status = HEALTH_HEALTHY;
        return before != HEALTH_HEALTHY;
    }
    /* While it starts a failure says nothing. */
    if (before == HEALTH_STARTING && age < policy->health_start_period)
        return false;
    health->streak++;
    if (health->streak >= policy->health_retries)
        health->status = HEALTH_UNHEALTHY;
    return before != health->status;
}

static void write_head(void) { SYS(pwrite64, self.file, &self.health, sizeof self.health, 0); }

/* The one of v2, by a file that only that has. */
static const char *unified_of(char *const *cgroups) {
    for (; cgroups != NULL && *cgroups != NULL; cgroups++) {
        long directory = SYS(openat, AT_FDCWD, *cgroups, O_PATH | O_DIRECTORY | O_CLOEXEC);
        bool is_unified = directory >= 0 && SYS(faccessat, directory, "cgroup.events", 0) == 0;
        if (directory >= 0)
            SYS(close, directory);
        if (is_unified)
            return *cgroups;
    }
    return NULL;
}

int health_begin(const struct policy *policy, int32_t program, int32_t pid, char *const *cgroups) {
    if (policy->probe < 0)
        return 0;
    self.file =
        (int32_t)SYS(openat, policy->run_directory, HEALTH_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (self.file < 0)
        return self.file;
    self.on = true;
    self.policy = *policy;
    self.program = program;
    self.pid = pid;
    self.cgroup = cgroups != NULL ? cgroups[0] : NULL;
    self.unified = unified_of(cgroups);
    self.probe = PROBE_NONE;
    self.health.version = HEALTH_VERSION;
    self.started = timer_now();
    self.due = self.started + health_next(policy, &self.health, 0);
    write_head();
    return 0;
}

static void schedule(void) {
    uint64_t time = timer_now();
    self.due = time + health_next(&self.policy, &self.health, time - self.started);
}

static void note(void) {
    struct health *health = &self.health;
    bool changed = health_judge(health, &self.policy, &self.result, self.age);
    if (changed) {
        struct health_change change = {.time = self.result.end, .status = health->status};
        health->change[health->changes++ % HEALTH_CHANGES] = change;
    }
    uint64_t slot = health->results++ % HEALTH_RESULTS;
    size_t said = self.result.size < HEALTH_OUTPUT ? self.result.size : HEALTH_OUTPUT;
    size_t size = offsetof(struct health_result, output) + said;
    SYS(pwrite64, self.file, &self.result, size, sizeof *health + slot * sizeof self.result);
    write_head();
    if (changed)
        record_announce(self.policy.run_directory);
}

/* Whoever thaws it makes a mark before; taken away, it is there for the next one. */
static bool take_mark(void) { return SYS(unlinkat, self.policy.run_directory, HEALTH_THAWED, 0) == 0; }

/* A pause in the middle of a check takes its time: only that it is well can be said (docker stops such a check). */
static bool says_nothing(void) { return self.result.status != 0 && (cgroup_is_frozen(self.cgroup) || take_mark()); }

static void finish(void) {
    probe_end(&self.probe, &self.result);
    if (self.late)
        self.result.status = HEALTH_TIMED_OUT;
    self.result.end = log_now();
    if (!says_nothing())
        note();
    schedule();
}

static void begin_probe(void) {
    struct health_result *result = &self.result;
    uint64_t time = timer_now();
    if (cgroup_is_frozen(self.cgroup)) {
        schedule();
        return;
    }
    take_mark();
    memset(result, 0, offsetof(struct health_result, output));
    self.late = false;
    self.age = time - self.started;
    self.due = time + self.policy.health_timeout;
    result->start = result->end = log_now();
    int cgroup = self.unified != NULL ? membership_open(self.unified, self.pid) : -1;
    int error = probe_start(&self.probe, self.policy.probe, self.program, cgroup);
    if (cgroup >= 0)
        SYS(close, cgroup);
    if (error >= 0)
        return;
    result->status = 1;
    result->error = -error;
    note();
    schedule();
}

void health_watch(struct pollfd *poll) {
    poll[0] = (struct pollfd){.fd = self.on ? self.probe.pidfd : -1, .events = POLLIN};
    poll[1] = (struct pollfd){.fd = self.on ? self.probe.output : -1, .events = POLLIN};
}

bool health_limit(struct __kernel_timespec *limit, bool limited) {
    /* A probe that was killed has only its end to come. */
    if (!self.on || (self.late && self.probe.pidfd >= 0))
        return limited;
    return timer_limit(self.due, limit, limited);
}

static void hear(const struct pollfd *output) {
    if (output->revents & POLLIN)
        probe_read(&self.probe, &self.result);
    else if (output->revents) {
        /* Its writers are gone, and it would be ready for ever. */
        SYS(close, self.probe.output);
        self.probe.output = -1;
    }
}

void health_continue(const struct pollfd *poll) {
    if (!self.on)
        return;
    if (self.probe.pidfd >= 0) {
        hear(&poll[1]);
        if (poll[0].revents) {
            finish();
        } else if (!self.late && timer_now() >= self.due) {
            self.late = true;
            probe_kill(&self.probe);
        }
    } else if (timer_now() >= self.due) {
        begin_probe();
    }
}

void health_end(void) {
    if (self.on && self.probe.pidfd >= 0) {
        /* A check that has frozen itself (with --privileged it can) does not die of a signal alone. */
        if (self.cgroup != NULL)
            cgroup_kill(self.cgroup);
        probe_stop(&self.probe);
    }
    self.on = false;
}
