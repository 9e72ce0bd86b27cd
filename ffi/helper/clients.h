/*
 * Those that have attached: output goes to each of them, and none is waited for.
 * What a client has not read lies in its socket, at most CLIENT_BUFFER; while
 * that is full, output is skipped for this client alone, and it is told how much.
 * Knows packets, not what input does.
 */
#ifndef BUNKER_CLIENTS_H
#define BUNKER_CLIENTS_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

/* As much as moby keeps for a client (daemon/internal/stream/bytespipe, blockThreshold) before it stops the program. */
#define CLIENT_BUFFER (1024 * 1024)

struct client {
    int32_t fd;       /* 0: the place is free (descriptor 0 is /dev/null) */
    bool attached;    /* it has said PACKET_ATTACH */
    uint32_t streams; /* enum attach_stream */
    uint64_t skipped; /* bytes since its socket was full, not said to it yet */
};

struct clients {
    struct client all[ATTACH_MAX];
};

static inline bool client_is_there(const struct client *client) { return client->fd > 0; }

/* Takes one client from the listener; where there are ATTACH_MAX it is told so and closed. */
void clients_accept(struct clients *clients, int listener);

/* It has said PACKET_ATTACH: output begins with what comes next. */
void client_attach(struct client *client, uint32_t streams, int32_t program);

/* Closes it. */
void client_drop(struct client *client);

/* Output of a stream (1 stdout or the terminal, 2 stderr). */
void clients_write(struct clients *clients, uint32_t number, const uint8_t *bytes, size_t size);

/* Its socket has room again: tells what was skipped. */
void client_resume(struct client *client);

/* The program has ended: the last word to each of them, whatever waits before it. */
void clients_finish(struct clients *clients, int32_t status);

#endif
