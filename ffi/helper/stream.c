/* Copying. Splice where the bytes need not be seen; otherwise one buffer, read whole, logged whole. */
#include "stream.h"
#include "sys.h"
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#define SPLICE_F_MOVE 1
#define SPLICE_F_NONBLOCK 2
#define PIPE_SIZE 65536
#define PIPE_LARGE (1024 * 1024)
/* So that control and the other stream have their turn. */
#define ROUNDS 16

/* A thousand idle pipes cost nothing; one that was full once is worth a megabyte. */
static void grow_pipe(struct stream *stream, long moved) {
    int ours = stream->input ? stream->to.fd : stream->from.fd;
    if (stream->grown || moved < PIPE_SIZE || stream->terminal)
        return;
    stream->grown = true;
    SYS(fcntl, ours, F_SETPIPE_SZ, PIPE_LARGE);
}

static bool is_pipe(int fd) { return SYS(fcntl, fd, F_GETPIPE_SZ) > 0; }

static bool may_move(uint32_t kind) { return kind == CALLER_OWN || kind == CALLER_FILE; }

void stream_begin(struct stream *stream) {
    stream->space = stream->buffer;
    stream->capacity = STREAM_BUFFER;
    stream->peer = -1;
    /* Only from a pipe: pages of a file spliced into a pipe change when the file does. */
    stream->splice = stream->log == NULL && stream->from.fd >= 0 && stream->to.fd >= 0 && may_move(stream->from.kind) &&
                     may_move(stream->to.kind) && is_pipe(stream->from.fd);
}

void stream_drop(struct stream *stream) {
    end_close(&stream->to);
    stream->start = stream->end = 0;
    stream->blocked = stream->splice = false;
    if (stream->input)
        end_close(&stream->from);
}

static void finish_input(struct stream *stream) {
    if (stream->input && stream->ended && !stream_is_pending(stream))
        end_close(&stream->to);
}

/*
 * EIO: nobody has the terminal's other side open at the moment. A process of
 * the container may open it again, and until then ppoll would report the
 * hang-up without end: so we hold it open ourselves.
 */
static bool hold_terminal(struct stream *stream) {
    if (stream->peer >= 0)
        return false;
    stream->peer = (int32_t)SYS(ioctl, stream->from.fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return stream->peer >= 0;
}

void stream_end_source(struct stream *stream) {
    end_close(&stream->from);
    stream->ended = true;
    finish_input(stream);
}

/* False: there is nothing to do until ppoll says so. */
static bool move(struct stream *stream) {
    long moved = SYS(splice, stream->from.fd, 0, stream->to.fd, 0, PIPE_LARGE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (moved > 0) {
        grow_pipe(stream, moved);
        return true;
    }
    int held = 0;
    switch (moved) {
    case 0:
        stream_end_source(stream);
        return false;
    case -EAGAIN:
        /* Which of the two it was: the source is empty or the sink is full. */
        SYS(ioctl, stream->from.fd, FIONREAD, &held);
        stream->blocked = held > 0;
        return false;
    case -EPIPE:
        stream_drop(stream);
        return true;
    default:
        stream->splice = false;
        return true;
    }
}

void stream_accept(struct stream *stream, size_t size) {
    if (size > PAGE)
        stream->busy = true;
    if (stream->log != NULL)
        log_write(stream->log, stream->number, stream->space + stream->end, size);
    if (stream->clients != NULL)
        clients_write(stream->clients, stream->number, stream->space + stream->end, size);
    if (stream->to.fd >= 0)
        stream->end += size;
}

static bool fill(struct stream *stream) {
    if (stream->from.fd < 0)
        return false;
    long got = end_read(&stream->from, stream->space + stream->end, stream->capacity - stream->end);
    if (got > 0) {
        stream_accept(stream, (size_t)got);
        grow_pipe(stream, got);
        return true;
    }
    if (got == -EAGAIN || got == -EINTR || (got == -EIO && stream->terminal && hold_terminal(stream)))
        return false;
    stream_end_source(stream);
    return false;
}

static bool flush(struct stream *stream) {
    long put = end_write(&stream->to, stream->space + stream->start, stream->end - stream->start);
    if (put == -EAGAIN || put == -EINTR)
        return false;
    if (put < 0) {
        stream_drop(stream);
        return true;
    }
    stream->start += (size_t)put;
    if (stream->start == stream->end)
        stream->start = stream->end = 0;
    finish_input(stream);
    return true;
}

static bool go(struct stream *stream) {
    if (stream_is_pending(stream))
        return flush(stream);
    if (stream->splice && stream->from.fd >= 0)
        return move(stream);
    return fill(stream);
}

void stream_pump(struct stream *stream) {
    for (int round = 0; round < ROUNDS; round++)
        if (!go(stream))
            return;
}

unsigned stream_wants(const struct stream *stream, struct pollfd *poll) {
    if (stream->to.fd >= 0 && (stream_is_pending(stream) || stream->blocked)) {
        poll[0] = (struct pollfd){.fd = stream->to.fd, .events = POLLOUT};
        return 1;
    }
    unsigned count = 0;
    if (stream->from.fd >= 0)
        poll[count++] = (struct pollfd){.fd = stream->from.fd, .events = POLLIN};
    /* POLLERR, which needs no asking: the program has closed its stdin. */
    if (stream->input && stream->to.fd >= 0)
        poll[count++] = (struct pollfd){.fd = stream->to.fd, .events = 0};
    return count;
}

void stream_continue(struct stream *stream, const struct pollfd *poll, unsigned count) {
    bool ready = false;
    for (unsigned at = 0; at < count; at++) {
        if (stream->input && poll[at].fd == stream->to.fd && (poll[at].revents & POLLERR)) {
            stream_drop(stream);
            return;
        }
        ready |= poll[at].revents != 0;
    }
    if (!ready)
        return;
    stream->blocked = false;
    stream_pump(stream);
}

bool stream_has_room(const struct stream *stream) { return stream->capacity - stream->end >= PIPE_SIZE; }

void stream_feed(struct stream *stream, const uint8_t *bytes, size_t size) {
    if (stream->to.fd < 0 || stream->ended)
        return;
    memcpy(stream->space + stream->end, bytes, size);
    stream->end += size;
    stream->busy = true;
    stream_pump(stream);
}

void stream_rest(struct stream *stream) {
    if (!stream->busy || stream_is_pending(stream))
        return;
    stream->busy = false;
    SYS(madvise, stream->buffer, STREAM_BUFFER, MADV_DONTNEED);
}
