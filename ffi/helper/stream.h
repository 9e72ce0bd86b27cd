/*
 * One direction of copying, in bounded memory: from -> log -> to. While bytes
 * wait for `to`, `from` is not read, so a slow reader slows who writes and
 * nothing else. Knows neither packets nor processes.
 */
#ifndef BUNKER_STREAM_H
#define BUNKER_STREAM_H

#include "clients.h"
#include "end.h"
#include "log.h"

struct pollfd;

struct stream {
    struct end from, to;
    uint32_t number;         /* in the log: 1 stdout, 2 stderr; 0: not logged */
    struct log *log;         /* NULL: none */
    struct clients *clients; /* who gets the bytes as well; NULL: nobody ever */
    bool input;              /* `to` is the program's stdin: it ends when `from` does, and the other way round */
    bool ended;              /* close `to` once it has everything */
    bool terminal;           /* `from` is the master of a pty */
    bool splice;             /* both ends can be moved by the kernel */
    bool blocked;            /* splice only: waits for room in `to` */
    bool grown;              /* our pipe has been enlarged */
    bool busy;               /* the buffer's pages are in use: see stream_rest */
    int32_t peer;            /* the terminal's other side, once we must hold it open; -1 */
    uint8_t *buffer;         /* STREAM_BUFFER bytes, page-aligned */
    uint8_t *space;          /* where the bytes are now: buffer, or larger at the very end */
    size_t capacity, start, end;
};

#define STREAM_BUFFER (256 * 1024)

/* Makes the stream ready once both ends are set; decides whether splice(2) may be tried. */
void stream_begin(struct stream *stream);

/* What to wait for: fills at most two entries, returns how many. */
unsigned stream_wants(const struct stream *stream, struct pollfd *poll);

/* Goes on after ppoll; `poll` holds the entries of stream_wants. */
void stream_continue(struct stream *stream, const struct pollfd *poll, unsigned count);

/* From now on the bytes must be seen. */
static inline void stream_look(struct stream *stream) { stream->splice = stream->blocked = false; }

/* Copies what can be copied now, a bounded number of rounds. */
void stream_pump(struct stream *stream);

/* Appends input that came as a packet; only where stream_has_room. */
bool stream_has_room(const struct stream *stream);
void stream_feed(struct stream *stream, const uint8_t *bytes, size_t size);

/* The program is dead: takes over what `from` still holds, log first, into memory, and closes it. */
void stream_drain(struct stream *stream);

/* Nobody is at the other end any more: what waits for `to` is dropped. */
void stream_drop(struct stream *stream);

static inline bool stream_is_pending(const struct stream *stream) { return stream->start < stream->end; }

/* Gives pages back after a second of silence. */
void stream_rest(struct stream *stream);

/* ---- within the stream: stream_drain.c ---- */

/* `size` more bytes have been read behind stream->end: into the log, and to be written. */
void stream_accept(struct stream *stream, size_t size);

/* `from` has ended. */
void stream_end_source(struct stream *stream);

#endif
