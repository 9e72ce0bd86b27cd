/* Sending and receiving on the control socket (SOCK_SEQPACKET, unix(7)). */
#include "control.h"
#include "message.h"
#include "sys.h"

long control_send(int control, enum packet_type type, int32_t value, int32_t extra) {
    struct packet packet = {.version = PACKET_VERSION, .type = (uint8_t)type, .value = value, .extra = extra};
    return SYS(sendto, control, &packet, sizeof packet, MSG_DONTWAIT | MSG_NOSIGNAL);
}

long control_output(int control, uint32_t number, const uint8_t *bytes, size_t size) {
    struct packet packet = {.version = PACKET_VERSION, .type = PACKET_OUTPUT, .value = (int32_t)number};
    if (size > PACKET_DATA_MAX)
        size = PACKET_DATA_MAX;
    struct part parts[2] = {{&packet, sizeof packet}, {bytes, size}};
    struct message message = {.parts = parts, .part_count = 2};
    long sent = SYS(sendmsg, control, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? sent : sent - (long)sizeof packet;
}

int control_receive(int control, uint8_t *bytes, struct packet *packet, size_t *data_size) {
    /* MSG_TRUNC: the real length, so that one that is too long is seen to be. */
    long got = SYS(recvfrom, control, bytes, CONTROL_SIZE, MSG_DONTWAIT | MSG_TRUNC);
    if (got == 0)
        return -EPIPE;
    if (got < 0)
        return (int)got;
    return packet_decode(bytes, (size_t)got, packet, data_size);
}

void control_close(int *control) {
    if (*control < 0)
        return;
    /*
     * Closing a unix socket with packets unread makes the peer's next recv fail
     * with ECONNRESET, in front of the packets that it has not read yet
     * (net/unix/af_unix.c, unix_release_sock). So no more may come, and none stays.
     */
    uint8_t byte;
    SYS(shutdown, *control, SHUT_RD);
    while (SYS(recvfrom, *control, &byte, 1, MSG_DONTWAIT) > 0)
        ;
    SYS(close, *control);
    *control = -1;
}
