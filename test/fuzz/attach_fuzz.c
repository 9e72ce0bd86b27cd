/* Whatever a client sends: the input stays within its buffer, and only a client that gives input is one of it. */
#include "../../ffi/helper/monitor.h"
#include "fuzz.h"
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static uint8_t buffer[STREAM_BUFFER] __attribute__((aligned(4096)));

/* Byte 0: flags of the policy; then messages, each a length in two bytes and what it says. */
static void send_all(int fd, const uint8_t *bytes, size_t size) {
    while (size > 2) {
        size_t length = bytes[0] | (size_t)bytes[1] << 8;
        bytes += 2;
        size -= 2;
        length = length < size ? length : size;
        if (send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            return;
        bytes += length;
        size -= length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    int pair[2], ends[2];
    if (size < 1 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return 0;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        __builtin_trap();
    struct monitor monitor = {.phase = RUNNING, .control = -1, .cli = -1, .pidfd = -1, .listener = -1};
    monitor.kept.policy.flags = bytes[0];
    monitor.in = (struct stream){.from = END_CLOSED, .to = {ends[1], CALLER_OWN}, .buffer = buffer, .input = true};
    stream_begin(&monitor.in);
    struct client *client = &monitor.clients.all[0];
    client->fd = pair[0];
    send_all(pair[1], bytes + 1, size - 1);
    bool given = memchr(bytes + 1, PACKET_ATTACH, size - 1) != NULL;
    for (int round = 0; round < 64 && client_is_there(client); round++) {
        monitor_serve_client(&monitor, client);
        if (monitor.in.end > monitor.in.capacity || monitor.in.start > monitor.in.end)
            __builtin_trap();
    }
    uint8_t byte;
    if (!given && read(ends[0], &byte, 1) > 0)
        __builtin_trap();
    if (client_is_there(client))
        client_drop(client);
    end_close(&monitor.in.to);
    close(pair[1]);
    close(ends[0]);
    return 0;
}
