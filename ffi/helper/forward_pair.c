/*
 * Connections, both ways. Nothing is kept here: what cannot be passed on yet
 * stays in the kernel's buffer (it is looked at, sent, and only then taken), so
 * a slow reader slows its own writer, and costs a place in a table. Who opens
 * connections and says nothing keeps nobody out: the longest still makes room.
 */
#include "forwarder.h"
#include "inet.h"
#include "message.h"
#include "sys.h"
#include <linux/eventpoll.h>

/* So that other clients have their turn. */
#define ACCEPTS 16
/* Unanswered SYNs before the container is given up: 15 seconds. */
#define SYN_COUNT 3

enum side { CLIENT, CONTAINER };

struct pair {
    int32_t fd[2];     /* by side; 0: the place is free */
    uint32_t asked[2]; /* what the epoll was asked for */
    uint64_t moved;    /* when something was passed on; first, when it was opened */
    /* Bits by the side that the bytes come from. */
    uint8_t ended;   /* it has no more, and the other side was told */
    uint8_t stalled; /* the other side has no room */
    bool connecting;
};

static struct pair pairs[FORWARD_PAIRS];
static uint32_t open_pairs;

uint32_t pairs_open(void) { return open_pairs; }

/* Where not all are taken. */
static struct pair *free_place(void) {
    static uint32_t next;
    while (pairs[next].fd[CLIENT] != 0)
        next = (next + 1) % FORWARD_PAIRS;
    return &pairs[next];
}

static uint32_t wanted(const struct pair *pair, int side) {
    if (pair->connecting)
        return side == CONTAINER ? EPOLLOUT : 0;
    uint32_t events = (pair->ended | pair->stalled) & 1 << side ? 0 : EPOLLIN;
    return pair->stalled & 1 << !side ? events | EPOLLOUT : events;
}

/* A side that nothing is expected of is not watched at all: its hang-up would be said without end. */
static bool watch(const struct forwarder *forwarder, struct pair *pair, int side) {
    uint32_t events = wanted(pair, side), before = pair->asked[side];
    if (events == before)
        return true;
    int operation = before == 0 ? EPOLL_CTL_ADD : events == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    pair->asked[side] = events;
    uint32_t index = (uint32_t)(pair - pairs) * 2 + (uint32_t)side;
    return forwarder_watch(forwarder, operation, pair->fd[side], events, FORWARD_PAIR, index) >= 0;
}

/* Closing takes them out of the epoll: nobody else has these descriptors. */
static void end(struct pair *pair, bool reset) {
    const int32_t at_once[2] = {1, 0}; /* struct linger: a reset, as the other side has got */
    for (int side = CLIENT; side <= CONTAINER; side++) {
        if (reset)
            SYS(setsockopt, pair->fd[side], SOL_SOCKET, SO_LINGER, at_once, sizeof at_once);
        SYS(close, pair->fd[side]);
    }
    *pair = (struct pair){0};
    open_pairs--;
}

/*
 * Ends the connection that has been still longest. By a reset: an end in order
 * would say that all there was has been sent. False: none has been still for
 * long, or there is none.
 */
static bool make_room(const struct forwarder *forwarder) {
    struct pair *stillest = NULL;
    for (struct pair *pair = pairs; pair < pairs + FORWARD_PAIRS; pair++)
        if (pair->fd[CLIENT] != 0 && (stillest == NULL || pair->moved < stillest->moved))
            stillest = pair;
    if (stillest == NULL || forwarder->time - stillest->moved < FORWARD_STILL)
        return false;
    end(stillest, true);
    return true;
}

/* Passes on what has come from a side, once. False: the connection is broken. */
static bool pass_on(const struct forwarder *forwarder, struct pair *pair, int side) {
    int32_t from = pair->fd[side], to = pair->fd[!side];
    long got = SYS(recvfrom, from, forwarder->buffer, FORWARD_BUFFER, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) {
        pair->ended |= (uint8_t)(1 << side);
        SYS(shutdown, to, SHUT_WR);
        return true;
    }
    if (got < 0)
        return got == -EAGAIN;
    long sent = SYS(sendto, to, forwarder->buffer, got, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < got)
        pair->stalled |= (uint8_t)(1 << side);
    if (sent <= 0)
        return sent == -EAGAIN;
    pair->moved = forwarder->time;
    /* tcp(7): with MSG_TRUNC the bytes are taken and not copied. */
    return SYS(recvfrom, from, forwarder->buffer, sent, MSG_TRUNC | MSG_DONTWAIT) == sent;
}

static bool is_connected(const struct pair *pair) {
    int error = 0;
    uint32_t size = sizeof error;
    return SYS(getsockopt, pair->fd[CONTAINER], SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

static bool go_on(const struct forwarder *forwarder, struct pair *pair, int side, uint32_t events) {
    const uint32_t broken = EPOLLERR | EPOLLHUP;
    if (pair->connecting) {
        pair->connecting = false;
        return is_connected(pair);
    }
    bool whole = true;
    if (events & (EPOLLOUT | broken) && pair->stalled & 1 << !side) {
        pair->stalled &= (uint8_t) ~(1 << !side);
        whole = pass_on(forwarder, pair, !side);
    }
    if (whole && events & (EPOLLIN | broken) && !((pair->ended | pair->stalled) & 1 << side))
        whole = pass_on(forwarder, pair, side);
    return whole;
}

void pairs_continue(struct forwarder *forwarder, uint32_t index, uint32_t events) {
    struct pair *pair = &pairs[index / 2];
    if (pair->fd[CLIENT] == 0)
        return;
    bool whole = go_on(forwarder, pair, (int)(index % 2), events);
    if (!whole || pair->ended == 3)
        end(pair, !whole);
    else if (!watch(forwarder, pair, CLIENT) || !watch(forwarder, pair, CONTAINER))
        end(pair, true);
}

static void set_up(int32_t fd) {
    const int on = 1;
    SYS(setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    SYS(setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/* The other half of a connection. Negative: -errno. */
static long reach(const uint8_t *target) {
    const int count = SYN_COUNT;
    uint16_t family;
    memcpy(&family, target, sizeof family);
    long fd = SYS(socket, family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    set_up((int32_t)fd);
    SYS(setsockopt, fd, IPPROTO_TCP, TCP_SYNCNT, &count, sizeof count);
    long error = SYS(connect, fd, target, address_size(target));
    if (error == 0 || error == -EINPROGRESS)
        return fd;
    SYS(close, fd);
    return error;
}

static bool is_short(long error) {
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

static void open_pair(const struct forwarder *forwarder, int32_t client, const uint8_t *target) {
    set_up(client);
    long container = reach(target);
    if (is_short(container) && make_room(forwarder))
        container = reach(target);
    if (container < 0) {
        SYS(close, client);
        return;
    }
    struct pair *pair = free_place();
    *pair = (struct pair){.fd = {client, (int32_t)container}, .moved = forwarder->time, .connecting = true};
    open_pairs++;
    if (!watch(forwarder, pair, CONTAINER))
        end(pair, true);
}

bool pairs_accept(struct forwarder *forwarder, const struct port *port) {
    for (int count = 0; count < ACCEPTS; count++) {
        long client = -EMFILE;
        if (open_pairs < FORWARD_PAIRS)
            client = SYS(accept4, port->fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client == -EAGAIN)
            return true;
        /* Of the first alone we know that it is there: for the others there will be another turn, if they are. */
        if (is_short(client))
            return count > 0 || make_room(forwarder);
        /* accept(2): errors of a connection that broke while it waited. */
        if (client >= 0)
            open_pair(forwarder, (int32_t)client, port->target);
    }
    return true;
}
