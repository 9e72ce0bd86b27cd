/* The kernel looks for conversations with an address; one before 5.8 shows all there are, so we look again. */
#include "flows.h"
#include "inet.h"
#include "message.h"
#include "sys.h"
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#define UDP 17
/* Which of a tuple's attributes count (net/netfilter/nf_internals.h). */
#define BY_SOURCE 1
#define BY_PROTOCOL 8
#define ANSWER 16384
#define REQUEST 256

struct address {
    uint16_t family;
    uint16_t size;
    uint8_t bytes[16];
};

struct request {
    uint32_t size;
    uint8_t bytes[REQUEST] __attribute__((aligned(8)));
};

struct piece {
    const uint8_t *bytes;
    long size; /* negative: there is none */
};

static void put(struct request *request, const void *bytes, uint32_t size) {
    memcpy(request->bytes + request->size, bytes, size);
    request->size += (size + 3) & ~3u;
}

static void begin(struct request *request, int type, int flags, uint16_t family) {
    struct nlmsghdr header = {.nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type),
                              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)};
    struct nfgenmsg generic = {.nfgen_family = (uint8_t)family};
    *request = (struct request){0};
    put(request, &header, sizeof header);
    put(request, &generic, sizeof generic);
}

static void attribute(struct request *request, int type, const void *bytes, uint32_t size) {
    struct nlattr head = {.nla_len = (uint16_t)(sizeof head + size), .nla_type = (uint16_t)type};
    put(request, &head, sizeof head);
    put(request, bytes, size);
}

static uint32_t open_nest(struct request *request, int type) {
    uint32_t start = request->size;
    attribute(request, type | NLA_F_NESTED, NULL, 0);
    return start;
}

static void close_nest(struct request *request, uint32_t start) {
    uint16_t size = (uint16_t)(request->size - start);
    memcpy(request->bytes + start, &size, sizeof size);
}

static long send_request(int socket, struct request *request) {
    memcpy(request->bytes, &request->size, sizeof request->size);
    return SYS(sendto, socket, request->bytes, request->size, 0, 0, 0);
}

static long ask(int socket, const struct address *address) {
    const uint8_t udp = UDP;
    const uint32_t none = 0, counts = BY_SOURCE | BY_PROTOCOL;
    struct request request;
    begin(&request, IPCTNL_MSG_CT_GET, NLM_F_DUMP, address->family);
    uint32_t tuple = open_nest(&request, CTA_TUPLE_REPLY);
    uint32_t ip = open_nest(&request, CTA_TUPLE_IP);
    attribute(&request, address->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, address->bytes, address->size);
    close_nest(&request, ip);
    uint32_t protocol = open_nest(&request, CTA_TUPLE_PROTO);
    attribute(&request, CTA_PROTO_NUM, &udp, sizeof udp);
    close_nest(&request, protocol);
    close_nest(&request, tuple);
    uint32_t filter = open_nest(&request, CTA_FILTER);
    attribute(&request, CTA_FILTER_ORIG_FLAGS, &none, sizeof none);
    attribute(&request, CTA_FILTER_REPLY_FLAGS, &counts, sizeof counts);
    close_nest(&request, filter);
    return send_request(socket, &request);
}

/* The content of an attribute. */
static struct piece find(struct piece in, int type) {
    for (long at = 0; at + (long)sizeof(struct nlattr) <= in.size;) {
        struct nlattr head;
        memcpy(&head, in.bytes + at, sizeof head);
        if (head.nla_len < sizeof head || head.nla_len > in.size - at)
            break;
        if ((head.nla_type & NLA_TYPE_MASK) == type)
            return (struct piece){in.bytes + at + sizeof head, head.nla_len - (long)sizeof head};
        at += (head.nla_len + 3) & ~3;
    }
    return (struct piece){NULL, -1};
}

static bool is(struct piece piece, const void *bytes, long size) {
    for (long at = 0; at < size && piece.size == size; at++)
        if (piece.bytes[at] != ((const uint8_t *)bytes)[at])
            return false;
    return piece.size == size;
}

static void forget(int socket, const struct address *address, struct piece flow) {
    const uint8_t udp = UDP;
    struct request request;
    struct piece reply = find(flow, CTA_TUPLE_REPLY), asked = find(flow, CTA_TUPLE_ORIG);
    struct piece source = find(find(reply, CTA_TUPLE_IP), address->family == AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC);
    if (!is(source, address->bytes, address->size) || !is(find(find(reply, CTA_TUPLE_PROTO), CTA_PROTO_NUM), &udp, 1))
        return;
    if (asked.size < 0 || asked.size > REQUEST / 2)
        return;
    begin(&request, IPCTNL_MSG_CT_DELETE, 0, address->family);
    attribute(&request, CTA_TUPLE_ORIG | NLA_F_NESTED, asked.bytes, (uint32_t)asked.size);
    send_request(socket, &request);
}

/* The messages of a datagram. False: nothing comes any more. */
static bool read_flows(int socket, const struct address *address, struct piece in) {
    const long before = NLMSG_HDRLEN + (long)sizeof(struct nfgenmsg);
    while (in.size >= NLMSG_HDRLEN) {
        struct nlmsghdr header;
        memcpy(&header, in.bytes, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > in.size || header.nlmsg_type < NLMSG_MIN_TYPE)
            return false; /* NLMSG_DONE and NLMSG_ERROR are among the latter */
        if (header.nlmsg_len > before)
            forget(socket, address, (struct piece){in.bytes + before, header.nlmsg_len - before});
        long size = ((long)header.nlmsg_len + 3) & ~3;
        in = (struct piece){in.bytes + size, in.size - size};
    }
    return true;
}

static void forget_address(const struct address *address) {
    static uint8_t answer[ANSWER] __attribute__((aligned(8)));
    /* Two, so that what is told of one that is gone already is not mixed with the answers; open to our end. */
    static long asking = -1, telling = -1;
    if (asking < 0)
        asking = SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (telling < 0)
        telling = SYS(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (asking < 0 || telling < 0 || ask((int)asking, address) < 0)
        return;
    for (;;) {
        /* It is there when the request was sent, and what follows when this was taken (netlink_dump). */
        long got = SYS(recvfrom, asking, answer, ANSWER, MSG_DONTWAIT, 0, 0);
        if (got <= 0 || !read_flows((int)telling, address, (struct piece){answer, got}))
            return;
    }
}

static struct address address_of(const struct port *port) {
    struct address address = {0};
    memcpy(&address.family, port->target, sizeof address.family);
    address.size = address.family == AF_INET ? 4 : 16;
    /* struct sockaddr_in, sockaddr_in6: behind the port, and flowinfo. */
    memcpy(address.bytes, port->target + (address.family == AF_INET ? 4 : 8), address.size);
    return address;
}

void flows_forget(const struct port *ports, uint32_t count) {
    struct address done[2] = {{0}};
    for (uint32_t at = 0; at < count; at++) {
        if (ports[at].type != SOCK_DGRAM)
            continue;
        /* A container has one of each family. */
        struct address address = address_of(&ports[at]);
        struct address *known = &done[address.family == AF_INET6];
        if (known->size > 0 || address.family == AF_UNSPEC)
            continue;
        *known = address;
        forget_address(known);
    }
}
