/* Looking at the count. */
#include "oom.h"
#include "log.h"
#include "record.h"
#include "sys.h"
#include "timer.h"
#include <asm/poll.h>

/*
 * v1 says that memory has run out, and kills after that (mm/memcontrol-v1.c,
 * memcg1_oom_prepare): the first look may be too early. Looks follow after 1, 2,
 * 4 ... ms, half a second in all; where nothing is killed (--oom-kill-disable,
 * memory that came free) they end.
 */
#define LOOKS 9
#define MILLISECOND 1000000u

static struct {
    bool on;
    int32_t wake, file, directory;
    uint64_t before, kills; /* before: the container's first moment */
    uint32_t records;
    uint64_t due;  /* CLOCK_MONOTONIC */
    unsigned left; /* looks to come */
} self;

/* A number from the beginning of a text to the end of its line. */
static bool number_of(const char *text, size_t size, uint64_t *number) {
    uint64_t found = 0;
    size_t at = 0;
    for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
        found = found * 10 + (uint64_t)(text[at] - '0');
    *number = found;
    return at > 0 && at < 20 && (at == size || text[at] == '\n');
}

bool oom_count(const char *text, size_t size, uint64_t *kills) {
    /* With its blank: oom_kill_disable and oom_kill are lines of one file. */
    static const char key[] = "oom_kill ";
    const size_t length = sizeof key - 1;
    for (size_t at = 0; at < size; at++) {
        size_t same = 0;
        while (same < length && at + same < size && text[at + same] == key[same])
            same++;
        if (same == length)
            return number_of(text + at + length, size - at - length, kills);
        while (at < size && text[at] != '\n')
            at++;
    }
    return false;
}

static bool read_count(uint64_t *kills) {
    char text[512];
    long size = SYS(pread64, self.file, text, sizeof text, 0);
    return size > 0 && oom_count(text, (size_t)size, kills);
}

void oom_begin(const struct policy *policy) {
    self.wake = policy->oom_wake;
    self.file = policy->oom_file;
    self.directory = policy->run_directory;
    /* v2 is ready once for every open file that was not read yet (fs/kernfs/file.c). */
    self.on = policy->oom_file >= 0 && read_count(&self.before);
    self.kills = self.before;
}

static void look(void) {
    uint64_t kills = self.kills;
    /* Without its cgroup the file would be ready for ever. */
    if (!read_count(&kills))
        self.on = false;
    if (kills <= self.kills)
        return;
    self.kills = kills;
    record_oom(self.directory, self.records++, kills - self.before, log_now());
}

void oom_watch(struct pollfd *poll, bool recorded) {
    short events = self.wake == self.file ? POLLPRI : POLLIN;
    *poll = (struct pollfd){.fd = self.on && recorded ? self.wake : -1, .events = events};
}

bool oom_limit(struct __kernel_timespec *limit, bool limited) {
    return self.on && self.left > 0 ? timer_limit(self.due, limit, limited) : limited;
}

static void look_again(void) { self.due = timer_now() + ((uint64_t)MILLISECOND << (LOOKS - self.left)); }

void oom_continue(const struct pollfd *poll) {
    uint64_t notices;
    if (!self.on)
        return;
    if (poll->revents) {
        /* v2 counts before it says so. */
        bool early = self.wake != self.file;
        if (early && SYS(read, self.wake, &notices, sizeof notices) < 0)
            self.wake = -1;
        self.left = early ? LOOKS : 0;
        look();
        look_again();
    } else if (self.left > 0 && timer_now() >= self.due) {
        self.left--;
        look();
        look_again();
    }
}

void oom_end(void) {
    if (self.on)
        look();
    self.on = false;
}
