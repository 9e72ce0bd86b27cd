/* State and record files. */
#include "record.h"
#include "log.h"
#include "stat.h"
#include "sys.h"
#include <linux/falloc.h>
#include <linux/fcntl.h>

static int write_file(int directory, const char *name, uint32_t flags, const void *bytes, size_t size) {
    long fd = SYS(openat, directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    if (fd < 0)
        return (int)fd;
    /* Room for the entries now: the end must be recorded though the file system is full by then. */
    if (size == 0)
        SYS(fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, (RECORD_OOMS + 2) * sizeof(struct record));
    long written = size > 0 ? SYS(write, fd, bytes, size) : 0;
    SYS(close, fd);
    if (written < 0)
        return (int)written;
    return written == (long)size ? 0 : -ENOSPC;
}

int record_start(int directory, int32_t program) {
    struct state state = {
        .version = STATE_VERSION,
        .monitor = (int32_t)SYS(getpid),
        .monitor_start = stat_start_of(0),
        .program = program,
        .program_start = stat_start_of(program),
        .started = log_now(),
    };
    int error = write_file(directory, "record", O_APPEND, 0, 0);
    if (error == 0)
        error = write_file(directory, "state.new", O_TRUNC, &state, sizeof state);
    if (error == 0)
        error = (int)SYS(renameat2, directory, "state.new", directory, "state", 0);
    return error;
}

void record_died(int directory, int status, uint64_t time, int32_t waiter) {
    struct record records[2] = {
        {.version = RECORD_VERSION, .kind = RECORD_DIED, .status = status, .time = time},
        {.version = RECORD_VERSION, .kind = RECORD_WAITS, .status = waiter, .time = stat_start_of(waiter)},
    };
    /* In one piece: who sees the end sees who waits. */
    write_file(directory, "record", O_APPEND, records, sizeof *records * (waiter > 0 ? 2 : 1));
    record_announce(directory);
}

void record_oom(int directory, uint32_t nth, uint64_t kills, uint64_t time) {
    struct record record = {.version = RECORD_VERSION, .kind = RECORD_OOM, .status = (int32_t)kills, .time = time};
    long fd = SYS(openat, directory, "record", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) {
        SYS(pwrite64, fd, &record, sizeof record, nth % RECORD_OOMS * sizeof record);
        SYS(close, fd);
    }
    record_announce(directory);
}

void record_announce(int directory) { SYS(utimensat, directory, EVENTS_PATH, 0, 0); }
