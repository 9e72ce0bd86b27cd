/* Validation of packets (tape.h). A type that a later version adds is decoded, and ignored by who gets it. */
#include "packet.h"

static bool has_data(uint8_t type) {
    return type == PACKET_INPUT || type == PACKET_OUTPUT || type == PACKET_RESTART || type == PACKET_PORTS;
}

bool packet_decode(const uint8_t *bytes, size_t size, struct packet *packet, size_t *data_size) {
    if (size < sizeof *packet || size - sizeof *packet > PACKET_DATA_MAX || bytes[0] != PACKET_VERSION)
        return false;
    __builtin_memcpy(packet, bytes, sizeof *packet);
    *data_size = size - sizeof *packet;
    return *data_size == 0 || has_data(packet->type);
}
