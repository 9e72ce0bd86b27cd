/*
 * The container's log: files, rotation, and the two formats on top of them.
 * A log never stops the program: what cannot be written is dropped.
 */
#ifndef BUNKER_LOG_H
#define BUNKER_LOG_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

struct part;

struct log {
    int32_t directory;
    int32_t fd; /* -1: could not be opened, or no driver */
    const char *name;
    const char *attributes; /* see json_line */
    uint32_t driver;
    uint32_t max_files;
    uint64_t max_size; /* 0: no rotation */
    uint64_t size;     /* of the open file; it ends with a whole frame or line */
};

/* Opens the file, and cuts off what a crash has left torn at its end. 0 or -errno. */
int log_open(struct log *log, const struct policy *policy, const char *name);

/* Bytes of a stream (1 stdout, 2 stderr), as they were read. */
void log_write(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size);

/* The program has ended: parts of lines that wait for their end. */
void log_flush(struct log *log);

/* Gives the pages of buffers back. */
void log_rest(struct log *log);

/* ---- for the drivers ---- */

/* What may be written before the file is full; the whole maximum if it is empty. */
uint64_t log_room(const struct log *log);
void log_rotate(struct log *log);
/* Appends all of it or nothing. */
void log_append(struct log *log, const struct part *parts, unsigned count, size_t size);
/* CLOCK_REALTIME, nanoseconds. */
uint64_t log_now(void);

void log_local_write(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size);
/* The length of the whole frames in the first `size` bytes of a file. */
uint64_t log_local_whole(int fd, uint64_t size);

void log_json_write(struct log *log, uint32_t stream, const uint8_t *bytes, size_t size);
void log_json_flush(struct log *log);
void log_json_rest(void);
uint64_t log_json_whole(int fd, uint64_t size);

#endif
