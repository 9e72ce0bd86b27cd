/* Sockets to the CLI that started us and to those that attach: whole packets, never blocking. Does not know what they
 * do. */
#ifndef BUNKER_CONTROL_H
#define BUNKER_CONTROL_H

#include "packet.h"

/* Sends a packet without data. */
long control_send(int control, enum packet_type type, int32_t value, int32_t extra);

/*
 * Sends output of a stream (1 stdout or the terminal, 2 stderr), at most
 * PACKET_DATA_MAX. The number of bytes, or -errno (-EAGAIN: the CLI is slow).
 */
long control_output(int control, uint32_t number, const uint8_t *bytes, size_t size);

/*
 * Receives one message into `bytes` (CONTROL_SIZE). 1: `packet` is filled in;
 * 0: something that is not ours came; negative: -EAGAIN, or the CLI is gone.
 */
int control_receive(int control, uint8_t *bytes, struct packet *packet, size_t *data_size);

#define CONTROL_SIZE (sizeof(struct packet) + PACKET_DATA_MAX)

/* Closes our end so that the CLI gets everything that was sent. */
void control_close(int *control);

#endif
