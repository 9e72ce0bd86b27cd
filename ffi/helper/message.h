/* struct msghdr and its parts as the kernel has them (include/linux/socket.h): libc's headers are not here. */
#ifndef BUNKER_MESSAGE_H
#define BUNKER_MESSAGE_H

#include <stdint.h>

#define AF_UNIX 1
#define AF_NETLINK 16
#define SOCK_RAW 3
#define SOCK_SEQPACKET 5
#define SOCK_NONBLOCK 04000
#define SOCK_CLOEXEC 02000000
#define SOL_SOCKET 1
#define SO_SNDBUFFORCE 32
#define SCM_RIGHTS 1
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define MSG_TRUNC 0x20
#define MSG_CTRUNC 8
#define MSG_CMSG_CLOEXEC 0x40000000
#define SHUT_RD 0

struct part {
    const void *base;
    uint64_t size;
};

struct message {
    void *name;
    uint64_t name_size;
    struct part *parts;
    uint64_t part_count;
    void *control;
    uint64_t control_size;
    uint64_t flags;
};

/* A control message with one descriptor. */
struct rights {
    uint64_t size;
    int32_t level;
    int32_t type;
    int32_t descriptor;
    int32_t padding;
};

/* struct sockaddr_un, for names that are relative to the working directory. */
struct unix_address {
    uint16_t family;
    char path[14];
};

#define RIGHTS_SIZE 20 /* CMSG_LEN(sizeof(int32_t)) */

#endif
