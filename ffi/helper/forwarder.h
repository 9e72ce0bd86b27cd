/*
 * The forwarder of one container's published ports: what the firewall could not
 * translate (::1, IPv6 to a container that has none, a ruleset that somebody
 * has flushed) arrives at the sockets that hold the ports, and is copied to the
 * container. A process of its own, a child of the monitor: whatever clients do,
 * they do it to this one. forward.h is the monitor's side.
 */
#ifndef BUNKER_FORWARDER_H
#define BUNKER_FORWARDER_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

/* Of datagrams the longest there is; of streams so much at a time. */
#define FORWARD_BUFFER 65536
/* Connections at once, and how long one may have been still when another needs its place. */
#define FORWARD_PAIRS 1024
#define FORWARD_STILL FORWARD_SECOND
/* Clients of UDP ports that are remembered at once: the longest silent makes room. */
#define FORWARD_PEERS 256
/* So long a client of a UDP port may be silent, and the forwarder without any client. Nanoseconds. */
#define FORWARD_SECOND 1000000000ull
#define FORWARD_SILENT (60 * FORWARD_SECOND)
#define FORWARD_IDLE (10 * FORWARD_SECOND)

/* What an event of the epoll is about: the high half of its data; the low half is an index. */
enum forward_kind { FORWARD_PORT, FORWARD_PAIR, FORWARD_PEER };

struct forwarder {
    const struct port *ports;
    uint32_t count;
    int32_t epoll;
    uint64_t time; /* CLOCK_MONOTONIC of this turn */
    bool paused;   /* no more connections are taken for now */
    uint64_t pause_end;
    uint32_t pause_pairs;
    uint8_t *buffer;
};

/* Never comes back: it ends without clients, or with its parent. */
_Noreturn void forwarder(const struct port *ports, uint32_t count);

/* Tells the epoll: EPOLL_CTL_ADD … Result as the kernel's. */
long forwarder_watch(const struct forwarder *forwarder, int operation, int32_t fd, uint32_t events,
                     enum forward_kind kind, uint32_t index);

/* The size of a struct sockaddr_in or sockaddr_in6, by its family. */
size_t address_size(const uint8_t *address);

/* ---- Connections: forward_pair.c. ---- */

/* Takes connections that wait at a port; for want of room still ones end. False: none can be taken now. */
bool pairs_accept(struct forwarder *forwarder, const struct port *port);
/* @index as the event says. */
void pairs_continue(struct forwarder *forwarder, uint32_t index, uint32_t events);
uint32_t pairs_open(void);

/* ---- Datagrams: forward_peer.c. ---- */

/* Passes on what has come to a port. */
void peers_receive(struct forwarder *forwarder, uint32_t port);
/* Passes on what the container has answered. */
void peers_answer(struct forwarder *forwarder, uint32_t index);
/* Forgets those that have been silent too long. Nanoseconds until the next one has; 0: there are none. */
uint64_t peers_expire(struct forwarder *forwarder);

#endif
