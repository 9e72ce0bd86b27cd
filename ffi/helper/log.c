/* The log's files and their rotation. A frame or a line is never split between two files by this. */
#include "log.h"
#include "message.h"
#include "sys.h"
#include <linux/fcntl.h>
#include <linux/time.h>

#define SEEK_END 2
#define NAME_SIZE 272 /* NAME_MAX, a dot and a number */

uint64_t log_now(void) {
    struct __kernel_timespec now = {0};
    SYS(clock_gettime, CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int open_file(struct log *log) {
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    long fd = SYS(openat, log->directory, log->name, flags, 0640);
    long size = fd < 0 ? 0 : SYS(lseek, fd, 0, SEEK_END);
    log->fd = fd < 0 ? -1 : (int32_t)fd;
    log->size = size > 0 ? (uint64_t)size : 0;
    return fd < 0 ? (int)fd : 0;
}

int log_open(struct log *log, const struct policy *policy, const char *name) {
    *log = (struct log){
        .directory = policy->log_directory,
        .fd = -1,
        .name = name,
        .attributes = "",
        .driver = policy->log_driver,
        .max_files = policy->log_max_files,
        .max_size = policy->log_max_size,
    };
    if (log->driver == LOG_NONE || log->directory < 0)
        return 0;
    int error = open_file(log);
    if (error < 0 || log->size == 0)
        return error;
    uint64_t whole =
        log->driver == LOG_LOCAL ? log_local_whole(log->fd, log->size) : log_json_whole(log->fd, log->size);
    if (whole != log->size)
        SYS(ftruncate, log->fd, whole);
    log->size = whole;
    return 0;
}

void log_write(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size) {
    /* A rotation may have found no room for the new file; there may be some now. */
    if (log->fd < 0 && log->driver != LOG_NONE && log->directory >= 0)
        open_file(log);
    if (log->fd < 0)
        return;
    if (log->driver == LOG_LOCAL)
        log_local_write(log, stream, bytes, size);
    else
        log_json_write(log, stream, bytes, size);
}

void log_flush(struct log *log) {
    if (log->fd >= 0 && log->driver == LOG_JSON_FILE)
        log_json_flush(log);
}

void log_rest(struct log *log) {
    if (log->driver == LOG_JSON_FILE)
        log_json_rest();
}

/* `name.number`; plain `name` for 0. */
static const char *numbered(const char *name, uint32_t number, char *out) {
    char digits[12];
    size_t size = strlen(name), count = 0;
    if (number == 0 || size > NAME_SIZE - sizeof digits - 1)
        return name;
    memcpy(out, name, size);
    out[size++] = '.';
    for (; number > 0; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    while (count > 0)
        out[size++] = digits[--count];
    out[size] = 0;
    return out;
}

void log_rotate(struct log *log) {
    char from[NAME_SIZE], to[NAME_SIZE];
    if (log->max_files <= 1) {
        /* docker's max-file=1: the one file begins anew (moby, loggerutils/logfile.go, rotate). */
        SYS(ftruncate, log->fd, 0);
        log->size = 0;
        return;
    }
    for (uint32_t number = log->max_files - 1; number > 0; number--)
        SYS(renameat2, log->directory, numbered(log->name, number - 1, from), log->directory,
            numbered(log->name, number, to), 0);
    SYS(close, log->fd);
    open_file(log);
}

uint64_t log_room(const struct log *log) {
    if (log->max_size == 0)
        return ~(uint64_t)0;
    return log->size < log->max_size ? log->max_size - log->size : 0;
}

void log_append(struct log *log, const struct part *parts, unsigned count, size_t size) {
    if (log->fd < 0 || size == 0)
        return;
    long written = SYS(writev, log->fd, parts, count);
    if (written == (long)size)
        log->size += size;
    else if (written > 0)
        /* The disk is full: half a frame is no frame. */
        SYS(ftruncate, log->fd, log->size);
}
