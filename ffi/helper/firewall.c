/* The note's first line is "NAMESPACE COUNT …", in decimal; what stands behind does not change here. */
#include "firewall.h"
#include "message.h"
#include "sys.h"
#include "tape.h"
#include <linux/fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#define LOCK_EX 2
#define LOCK_NB 4
#define SO_NETNS_COOKIE 71
/* "18446744073709551615 4294967295 ", and then some. */
#define HEAD 64
#define ANSWER 256

static int64_t read_generation(const uint8_t *bytes, long size) {
    for (long at = NLMSG_HDRLEN + (long)sizeof(struct nfgenmsg); at + 8 <= size;) {
        struct nlattr attribute;
        memcpy(&attribute, bytes + at, sizeof attribute);
        if (attribute.nla_type == NFTA_GEN_ID) {
            const uint8_t *id = bytes + at + sizeof attribute;
            return (int64_t)id[0] << 24 | id[1] << 16 | id[2] << 8 | id[3];
        }
        if (attribute.nla_len < sizeof attribute)
            return -1;
        at += (attribute.nla_len + 3) & ~3;
    }
    return -1;
}

int64_t firewall_generation(int socket) {
    const uint16_t type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
    struct {
        struct nlmsghdr header;
        struct nfgenmsg family;
    } request = {.header = {.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST}};
    uint8_t answer[ANSWER] __attribute__((aligned(8)));
    if (SYS(sendto, socket, &request, sizeof request, 0, 0, 0) < 0)
        return -1;
    /* What is left of earlier answers stands before it. */
    for (;;) {
        struct nlmsghdr header;
        long got = SYS(recvfrom, socket, answer, sizeof answer, MSG_DONTWAIT, 0, 0);
        if (got < (long)sizeof header)
            return -1;
        memcpy(&header, answer, sizeof header);
        if (header.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN))
            return read_generation(answer, got);
    }
}

int firewall_open(int run_directory) {
    long note = SYS(openat, run_directory, FIREWALL_PATH, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (note < 0)
        return -1;
    if (SYS(flock, note, LOCK_EX | LOCK_NB) == 0)
        return (int)note;
    SYS(close, note);
    return -1;
}

/* The number and the space behind it; its digits. 0: it is another. */
static long number_is(const char *text, uint64_t number) {
    char digits[24];
    long count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    for (long at = 0; at < count; at++)
        if (text[at] != digits[count - 1 - at])
            return 0;
    return text[count] == ' ' || text[count] == '\n' ? count : 0;
}

void firewall_note(int note, int socket, int64_t before, int64_t after) {
    char head[HEAD + 1] = {0};
    uint64_t namespace = 0;
    uint32_t size = sizeof namespace;
    if (before < 0 || after != before + 1 || SYS(pread64, note, head, HEAD, 0) <= 0)
        return;
    if (SYS(getsockopt, socket, SOL_SOCKET, SO_NETNS_COOKIE, &namespace, &size) < 0)
        return;
    long first = number_is(head, namespace);
    long digits = first > 0 ? number_is(head + first + 1, (uint64_t)before) : 0;
    if (digits == 0)
        return;
    char *count = head + first + 1;
    for (long at = digits - 1; at >= 0 && ++count[at] > '9'; at--)
        count[at] = '0';
    /* All nines: it is a digit longer now. The next start looks, and writes the note anew. */
    if (number_is(count, (uint64_t)after) == digits)
        SYS(pwrite64, note, count, digits, first + 1);
}
