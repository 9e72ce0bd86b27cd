/* The forwarder's loop: what is ready, what is due, and when it has nothing to do any more. */
#include "forwarder.h"
#include "inet.h"
#include "message.h"
#include "sys.h"
#include "timer.h"
#include <linux/eventpoll.h>
#include <linux/resource.h>

#define EVENTS 64
#define MILLISECOND 1000000u
/* Without a place, descriptors or memory for one more connection: the next try. */
#define PAUSE (100 * MILLISECOND)

size_t address_size(const uint8_t *address) {
    uint16_t family;
    memcpy(&family, address, sizeof family);
    return family == AF_INET ? 16 : 28;
}

long forwarder_watch(const struct forwarder *forwarder, int operation, int32_t fd, uint32_t events,
                     enum forward_kind kind, uint32_t index) {
    struct epoll_event event = {.events = events, .data = (uint64_t)kind << 32 | index};
    return SYS(epoll_ctl, forwarder->epoll, operation, fd, &event);
}

/* The caller's soft limit counts for its program; two for a connection may be more. */
static void raise_limit(void) {
    struct {
        uint64_t soft, hard;
    } limit;
    if (SYS(prlimit64, 0, RLIMIT_NOFILE, 0, &limit) < 0)
        return;
    limit.soft = limit.hard;
    SYS(prlimit64, 0, RLIMIT_NOFILE, &limit, 0);
}

/* An answer must come from the address that was asked: of ours there may be several. */
static void ask_for_address(const struct port *port) {
    const int on = 1;
    if (port->family == AF_INET)
        SYS(setsockopt, port->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    else
        SYS(setsockopt, port->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

static void watch_ports(const struct forwarder *forwarder, int operation, bool all) {
    for (uint32_t at = 0; at < forwarder->count; at++)
        if (all || forwarder->ports[at].type == SOCK_STREAM)
            forwarder_watch(forwarder, operation, forwarder->ports[at].fd, EPOLLIN, FORWARD_PORT, at);
}

static void begin(struct forwarder *forwarder) {
    raise_limit();
    forwarder->epoll = (int32_t)SYS(epoll_create1, 0);
    if (forwarder->epoll < 0)
        sys_exit(1);
    for (uint32_t at = 0; at < forwarder->count; at++)
        if (forwarder->ports[at].type == SOCK_DGRAM)
            ask_for_address(&forwarder->ports[at]);
    watch_ports(forwarder, EPOLL_CTL_ADD, true);
}

static void pause(struct forwarder *forwarder) {
    forwarder->paused = true;
    forwarder->pause_end = forwarder->time + PAUSE;
    forwarder->pause_pairs = pairs_open();
    watch_ports(forwarder, EPOLL_CTL_DEL, false);
}

/* When one has gone; or after a while: others have descriptors again, or one of ours has become still. */
static void end_pause(struct forwarder *forwarder) {
    bool is_over = forwarder->time >= forwarder->pause_end || pairs_open() < forwarder->pause_pairs;
    if (!forwarder->paused || !is_over)
        return;
    forwarder->paused = false;
    watch_ports(forwarder, EPOLL_CTL_ADD, false);
}

static void serve_port(struct forwarder *forwarder, uint32_t index) {
    if (forwarder->ports[index].type == SOCK_DGRAM)
        peers_receive(forwarder, index);
    else if (!forwarder->paused && !pairs_accept(forwarder, &forwarder->ports[index]))
        pause(forwarder);
}

/* Ports last: a place that has just become free must not be another's while events of the old one are left. */
static void serve(struct forwarder *forwarder, const struct epoll_event *events, long count) {
    for (long at = 0; at < count; at++) {
        uint32_t kind = (uint32_t)(events[at].data >> 32), index = (uint32_t)events[at].data;
        if (kind == FORWARD_PAIR)
            pairs_continue(forwarder, index, events[at].events);
        if (kind == FORWARD_PEER)
            peers_answer(forwarder, index);
    }
    for (long at = 0; at < count; at++)
        if (events[at].data >> 32 == FORWARD_PORT)
            serve_port(forwarder, (uint32_t)events[at].data);
}

/* Milliseconds, not less than what is left. */
static int wait_for(const struct forwarder *forwarder, uint64_t silent, uint64_t idle_since) {
    uint64_t left = silent;
    if (silent == 0 && pairs_open() == 0) {
        uint64_t idle = forwarder->time - idle_since;
        left = idle < FORWARD_IDLE ? FORWARD_IDLE - idle : 1;
    }
    if (forwarder->paused && (left == 0 || left > PAUSE))
        left = PAUSE;
    return left == 0 ? -1 : (int)(left / MILLISECOND) + 1;
}

_Noreturn void forwarder(const struct port *ports, uint32_t count) {
    static uint8_t buffer[FORWARD_BUFFER] __attribute__((aligned(PAGE)));
    struct forwarder self = {.ports = ports, .count = count, .buffer = buffer, .time = timer_now()};
    struct epoll_event events[EVENTS];
    uint64_t idle_since = self.time;
    begin(&self);
    for (;;) {
        uint64_t silent = peers_expire(&self);
        if (silent > 0 || pairs_open() > 0)
            idle_since = self.time;
        else if (self.time - idle_since >= FORWARD_IDLE)
            sys_exit(0);
        long ready = SYS(epoll_pwait, self.epoll, events, EVENTS, wait_for(&self, silent, idle_since), 0, 8);
        self.time = timer_now();
        serve(&self, events, ready);
        end_pause(&self);
    }
}
