/* Messages on the control socket: whatever comes, nothing is read outside of it. */
#include "../../ffi/helper/packet.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct packet packet;
    size_t data_size;
    if (packet_decode(bytes, size, &packet, &data_size) && data_size != size - sizeof packet)
        __builtin_trap();
    return 0;
}
