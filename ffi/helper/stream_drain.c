/*
 * The end of a stream: the program is dead, and what its pipe or terminal still
 * holds goes into the log and into memory, however slow the caller is. At most a
 * buffer and a pipe.
 */
#include "stream.h"
#include "sys.h"
#include <asm/ioctls.h>
#include <linux/mman.h>

#define ROOM (64 * 1024)
#define LARGER (1024 * 1024)

/* Room for one more large read, at the program's end only. */
static bool enlarge(struct stream *stream) {
    if (stream->capacity - stream->end >= ROOM)
        return true;
    size_t capacity = stream->capacity + LARGER;
    long at = SYS(mmap, 0, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0)
        return false;
    memcpy((uint8_t *)at, stream->space + stream->start, stream->end - stream->start);
    if (stream->space != stream->buffer)
        SYS(munmap, stream->space, stream->capacity);
    stream->space = (uint8_t *)at;
    stream->end -= stream->start;
    stream->start = 0;
    stream->capacity = capacity;
    return true;
}

/* How much a pipe holds now. What others write to it afterwards (exec) is not waited for. */
static size_t held_by(const struct stream *stream) {
    int held = 0;
    if (stream->terminal)
        return LARGER;
    return SYS(ioctl, stream->from.fd, FIONREAD, &held) < 0 ? 0 : (size_t)held;
}

void stream_drain(struct stream *stream) {
    if (stream->from.fd < 0)
        return;
    stream_pump(stream);
    for (size_t rest = stream->from.fd < 0 ? 0 : held_by(stream); rest > 0;) {
        if (!enlarge(stream))
            break;
        size_t room = stream->capacity - stream->end;
        long got = end_read(&stream->from, stream->space + stream->end, rest < room ? rest : room);
        if (got <= 0)
            break;
        stream_accept(stream, (size_t)got);
        rest -= (size_t)got;
    }
    stream->blocked = stream->splice = false;
    stream_end_source(stream);
    stream_pump(stream);
}
