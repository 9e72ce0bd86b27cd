/*
 * docker's json-file: bytes become lines, lines of more than 16 KiB become
 * parts, and many lines one write. A line's time is that of its end, a part's
 * that of the first part (moby, daemon/logger/copier.go).
 */
#include "json.h"
#include "log.h"
#include "message.h"
#include "sys.h"
#include <linux/mman.h>

#define OUT_SIZE (256 * 1024)

struct line {
    uint8_t bytes[JSON_LINE_MAX];
    size_t size;
    uint64_t part_time; /* 0: no part of this line has been written yet */
};

/* Untouched pages of these cost nothing. */
static struct line lines[2];
static uint8_t out[OUT_SIZE] __attribute__((aligned(PAGE)));
static size_t out_size;

static void write_out(struct log *log) {
    struct part part = {out, out_size};
    log_append(log, &part, 1, out_size);
    out_size = 0;
}

static void emit(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size, bool whole, uint64_t time) {
    if (OUT_SIZE - out_size < JSON_SIZE_MAX)
        write_out(log);
    size_t one = json_line(out + out_size, bytes, size, whole, stream, time, log->attributes);
    if (log_room(log) < out_size + one) {
        /* This line goes to the next file, those before it to this one. */
        write_out(log);
        if (log->size > 0)
            log_rotate(log);
        one = json_line(out, bytes, size, whole, stream, time, log->attributes);
    }
    out_size += one;
}

/* A line's end, or as much of it as fits: what is kept of it and what came now. */
static void finish(struct log *log, uint32_t stream, struct line *line, const uint8_t *bytes, size_t size, bool whole,
                   uint64_t now) {
    if (line->size > 0) {
        memcpy(line->bytes + line->size, bytes, size);
        bytes = line->bytes;
        size += line->size;
        line->size = 0;
    }
    if (!whole && line->part_time == 0)
        line->part_time = now;
    emit(log, stream, bytes, size, whole, line->part_time != 0 ? line->part_time : now);
    if (whole)
        line->part_time = 0;
}

static size_t until_newline(const uint8_t *bytes, size_t size) {
    size_t at = 0;
    while (at < size && bytes[at] != '\n')
        at++;
    return at;
}

void log_json_write(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size) {
    struct line *line = &lines[stream == 2];
    uint64_t now = log_now();
    while (size > 0) {
        size_t room = JSON_LINE_MAX - line->size;
        size_t here = until_newline(bytes, size < room ? size : room);
        if (here < size && bytes[here] == '\n' && here < room) {
            finish(log, stream, line, bytes, here, true, now);
            here++;
        } else if (here == room) {
            finish(log, stream, line, bytes, here, false, now);
        } else {
            memcpy(line->bytes + line->size, bytes, here);
            line->size += here;
        }
        bytes += here;
        size -= here;
    }
    write_out(log);
}

void log_json_flush(struct log *log) {
    uint64_t now = log_now();
    for (uint32_t stream = 1; stream <= 2; stream++)
        if (lines[stream - 1].size > 0)
            finish(log, stream, &lines[stream - 1], (const uint8_t *)"", 0, false, now);
    write_out(log);
}

void log_json_rest(void) { SYS(madvise, out, OUT_SIZE, MADV_DONTNEED); }

uint64_t log_json_whole(int fd, uint64_t size) {
    uint8_t bytes[512];
    while (size > 0) {
        size_t one = size < sizeof bytes ? (size_t)size : sizeof bytes;
        if (SYS(pread64, fd, bytes, one, size - one) != (long)one)
            return size;
        for (size_t at = one; at > 0; at--)
            if (bytes[at - 1] == '\n')
                return size - one + at;
        size -= one;
    }
    return 0;
}
