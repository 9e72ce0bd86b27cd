/*
 * The sockets that hold a container's published ports, while its program runs,
 * and the forwarder, which is there while something arrives at them: most never
 * see anything, since the firewall translates what is for them.
 */
#ifndef BUNKER_FORWARD_H
#define BUNKER_FORWARD_H

#include "tape.h"
#include <asm/poll.h>
#include <stdbool.h>
#include <stddef.h>

struct __kernel_timespec;

/* Takes them over; they stay where they are in memory. 0 or -errno. */
int forward_begin(struct port *ports, uint32_t count);

/* What is to be polled, whatever the phase: its fd is -1 where there is nothing. */
void forward_watch(struct pollfd *poll);
/* As timer_limit: when a forwarder that has come to a bad end may be replaced. */
bool forward_limit(struct __kernel_timespec *limit, bool limited);
void forward_continue(const struct pollfd *poll);

/* Takes over the addresses of PACKET_PORTS; data that is no struct ports_moved changes nothing. */
void forward_change(const uint8_t *data, size_t size);

/* The forwarder is killed, the ports are free. */
void forward_end(void);

#endif
