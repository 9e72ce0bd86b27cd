/* Sending what bunker has written when it added the opposite. */
#include "detach.h"
#include "firewall.h"
#include "message.h"
#include "sys.h"
#include "tape.h"
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/netlink.h>

#define SEEK_END 2

static void play(int directory, const void *batch, long size) {
    long socket = SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    int room = (int)size + PAGE;
    if (socket < 0)
        return;
    /* A datagram of more than the socket's buffer is refused: a thousand ports. */
    SYS(setsockopt, socket, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room);
    int note = firewall_open(directory);
    int64_t before = note < 0 ? -1 : firewall_generation((int)socket);
    /*
     * The kernel has done it, or none of it, when this returns. What is not there
     * any more was taken away by others, and is put right by the next start.
     */
    SYS(sendto, socket, batch, size, 0, 0, 0);
    if (note < 0)
        return;
    firewall_note(note, (int)socket, before, firewall_generation((int)socket));
    SYS(close, note);
}

bool detach(int directory) {
    long file = directory < 0 ? -1 : SYS(openat, directory, DETACH_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return false;
    long size = SYS(lseek, file, 0, SEEK_END);
    long batch = size > 0 ? SYS(mmap, 0, size, PROT_READ, MAP_PRIVATE, file, 0) : -1;
    SYS(close, file);
    if (batch > 0) {
        play(directory, (const void *)batch, size);
        SYS(munmap, batch, size);
    }
    return true;
}

void detach_forget(int directory) { SYS(unlinkat, directory, DETACH_NAME, 0); }
