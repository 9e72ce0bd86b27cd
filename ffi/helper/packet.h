/*
 * Is this message one of ours? For both sides of the control socket: the
 * helper's monitor and the shim's session. Reads nothing but the bytes.
 */
#ifndef BUNKER_PACKET_H
#define BUNKER_PACKET_H

#include "tape.h"
#include <stdbool.h>
#include <stddef.h>

/*
 * Decodes a message of `size` bytes. False: too short, too long, of another
 * version, or data behind a type that has none; such a message is passed over.
 * The data, if any, is at bytes + sizeof(struct packet).
 */
bool packet_decode(const uint8_t *bytes, size_t size, struct packet *packet, size_t *data_size);

#endif
