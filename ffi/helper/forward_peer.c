/* Clients of UDP ports: each has a socket of its own to the container, so that answers find their way back. */
#include "forwarder.h"
#include "inet.h"
#include "message.h"
#include "sys.h"
#include <linux/eventpoll.h>

/* So that others have their turn. */
#define DATAGRAMS 16
#define NAME 28
/* Room for one control message: struct in6_pktinfo is the longer of the two. */
#define CONTROL 40
#define CONTROL_HEADER 16

struct peer {
    int32_t fd; /* to the container; 0: the place is free */
    uint32_t port;
    uint64_t heard;
    uint32_t name_size, control_size;
    uint8_t name[NAME];
    uint8_t control[CONTROL]; /* which of our addresses it has asked */
};

static struct peer peers[FORWARD_PEERS];

static bool same(const uint8_t *one, const uint8_t *other, size_t size) {
    for (size_t at = 0; at < size; at++)
        if (one[at] != other[at])
            return false;
    return true;
}

static bool is(const struct peer *peer, const struct peer *other) {
    return peer->fd != 0 && peer->port == other->port && peer->name_size == other->name_size &&
           peer->control_size == other->control_size && same(peer->name, other->name, peer->name_size) &&
           same(peer->control, other->control, peer->control_size);
}

static void forget(struct peer *peer) {
    if (peer->fd != 0)
        SYS(close, peer->fd);
    peer->fd = 0;
}

/* A free place, or that of the one that has been silent longest. */
static struct peer *place(void) {
    struct peer *oldest = &peers[0];
    for (struct peer *peer = peers; peer < peers + FORWARD_PEERS; peer++) {
        if (peer->fd == 0)
            return peer;
        if (peer->heard < oldest->heard)
            oldest = peer;
    }
    forget(oldest);
    return oldest;
}

static long reach(const uint8_t *target) {
    uint16_t family;
    memcpy(&family, target, sizeof family);
    long fd = SYS(socket, family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || SYS(connect, fd, target, address_size(target)) == 0)
        return fd;
    SYS(close, fd);
    return -ENETUNREACH;
}

/* The socket of a client, made where it is a new one. NULL: it cannot be had now, and the datagram is lost. */
static struct peer *find(const struct forwarder *forwarder, const struct peer *who) {
    for (struct peer *peer = peers; peer < peers + FORWARD_PEERS; peer++)
        if (is(peer, who))
            return peer;
    struct peer *peer = place();
    long fd = reach(forwarder->ports[who->port].target);
    if (fd < 0)
        return NULL;
    *peer = *who;
    peer->fd = (int32_t)fd;
    if (forwarder_watch(forwarder, EPOLL_CTL_ADD, peer->fd, EPOLLIN, FORWARD_PEER, (uint32_t)(peer - peers)) >= 0)
        return peer;
    forget(peer);
    return NULL;
}

/*
 * The kernel picks the way of the answer. The interface counts only for an
 * address that is nothing without one (struct in_pktinfo begins with it, struct
 * in6_pktinfo has it behind the address).
 */
static void drop_interface(struct peer *who, uint16_t family) {
    uint8_t *info = who->control + CONTROL_HEADER;
    bool is_link_local = info[0] == 0xfe && (info[1] & 0xc0) == 0x80;
    if (who->control_size > CONTROL_HEADER && family == AF_INET)
        memset(info, 0, 4);
    else if (who->control_size > CONTROL_HEADER && !is_link_local)
        memset(info + 16, 0, 4);
}

static long receive(const struct forwarder *forwarder, struct peer *who) {
    const struct port *port = &forwarder->ports[who->port];
    struct part part = {forwarder->buffer, FORWARD_BUFFER};
    struct message message = {.name = who->name,
                              .name_size = NAME,
                              .parts = &part,
                              .part_count = 1,
                              .control = who->control,
                              .control_size = CONTROL};
    long got = SYS(recvmsg, port->fd, &message, MSG_DONTWAIT);
    who->name_size = (uint32_t)message.name_size;
    who->control_size = (uint32_t)message.control_size;
    if (got >= 0)
        drop_interface(who, port->family);
    return got;
}

void peers_receive(struct forwarder *forwarder, uint32_t port) {
    for (int count = 0; count < DATAGRAMS; count++) {
        struct peer who = {.port = port, .heard = forwarder->time};
        long got = receive(forwarder, &who);
        if (got == -EAGAIN)
            return;
        struct peer *peer = got >= 0 ? find(forwarder, &who) : NULL;
        if (peer == NULL)
            continue;
        peer->heard = forwarder->time;
        /* What the container does not take is lost, as on any way: an error is that of an earlier one. */
        if (SYS(sendto, peer->fd, forwarder->buffer, got, MSG_DONTWAIT | MSG_NOSIGNAL) == -ECONNREFUSED)
            SYS(sendto, peer->fd, forwarder->buffer, got, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

void peers_answer(struct forwarder *forwarder, uint32_t index) {
    struct peer *peer = &peers[index];
    for (int count = 0; peer->fd != 0 && count < DATAGRAMS; count++) {
        long got = SYS(recvfrom, peer->fd, forwarder->buffer, FORWARD_BUFFER, MSG_DONTWAIT);
        if (got == -EAGAIN)
            return;
        if (got < 0)
            continue;
        peer->heard = forwarder->time;
        struct part part = {forwarder->buffer, (uint64_t)got};
        struct message message = {.name = peer->name,
                                  .name_size = peer->name_size,
                                  .parts = &part,
                                  .part_count = 1,
                                  .control = peer->control,
                                  .control_size = peer->control_size};
        SYS(sendmsg, forwarder->ports[peer->port].fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
}

uint64_t peers_expire(struct forwarder *forwarder) {
    uint64_t next = 0;
    for (struct peer *peer = peers; peer < peers + FORWARD_PEERS; peer++) {
        uint64_t silent = forwarder->time - peer->heard;
        if (peer->fd != 0 && silent >= FORWARD_SILENT)
            forget(peer);
        if (peer->fd != 0 && (next == 0 || FORWARD_SILENT - silent < next))
            next = FORWARD_SILENT - silent;
    }
    return next;
}
