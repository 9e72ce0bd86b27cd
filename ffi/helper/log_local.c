/* The `local` format: frames of whole reads (tape.h, struct log_frame). */
#include "log.h"
#include "message.h"
#include "sys.h"

#define OVERHEAD (sizeof(struct log_frame) + sizeof(uint32_t))
/* Below this a maximum would make frames of single bytes. */
#define SIZE_MIN 1024

static void append(struct log *log, uint32_t stream, uint64_t time, const uint8_t *bytes, uint32_t size) {
    struct log_frame frame = {.size = size, .stream = stream, .time = time};
    struct part parts[3] = {{&frame, sizeof frame}, {bytes, size}, {&frame.size, sizeof frame.size}};
    if (log->size > 0 && log_room(log) < size + OVERHEAD)
        log_rotate(log);
    log_append(log, parts, 3, size + OVERHEAD);
}

void log_local_write(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size) {
    uint64_t max = log->max_size != 0 && log->max_size < SIZE_MIN ? SIZE_MIN : log->max_size;
    uint64_t time = log_now();
    while (size > 0) {
        size_t one = max != 0 && size + OVERHEAD > max ? (size_t)max - OVERHEAD : size;
        append(log, stream, time, bytes, (uint32_t)one);
        bytes += one;
        size -= one;
    }
}

/* The whole frame at an offset; 0: there is none. */
static uint64_t frame_at(int fd, uint64_t at, uint64_t size) {
    struct log_frame frame;
    uint32_t trailer;
    if (SYS(pread64, fd, &frame, sizeof frame, at) != sizeof frame)
        return 0;
    uint64_t whole = frame.size + OVERHEAD;
    if ((frame.stream != 1 && frame.stream != 2) || whole > size - at)
        return 0;
    if (SYS(pread64, fd, &trailer, sizeof trailer, at + whole - sizeof trailer) != sizeof trailer)
        return 0;
    return trailer == frame.size ? whole : 0;
}

uint64_t log_local_whole(int fd, uint64_t size) {
    uint32_t trailer = 0;
    /* Almost always: the last four bytes are the length of a frame that is there. */
    if (size >= OVERHEAD && SYS(pread64, fd, &trailer, sizeof trailer, size - sizeof trailer) == sizeof trailer &&
        trailer <= size - OVERHEAD && frame_at(fd, size - OVERHEAD - trailer, size) == trailer + OVERHEAD)
        return size;
    uint64_t at = 0;
    while (at < size) {
        uint64_t whole = frame_at(fd, at, size);
        if (whole == 0)
            break;
        at += whole;
    }
    return at;
}
