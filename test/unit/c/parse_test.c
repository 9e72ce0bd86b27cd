/* What reads bytes of others and touches nothing: the job, packets, reports, /proc/PID/stat, the detach keys. */
#include "../../../ffi/helper/job.h"
#include "../../../ffi/helper/membership.h"
#include "../../../ffi/helper/packet.h"
#include "../../../ffi/helper/report.h"
#include "../../../ffi/helper/stat.h"
#include "../../../ffi/shim/keys.h"
#include "check.h"
#include <string.h>

/* ---- job ---- */

struct small {
    struct job job;
    struct step step;
    uint32_t relocation;
    uint32_t padding;
    uint8_t data[512] __attribute__((aligned(16)));
};

#define POLICY_OFFSET 64

static struct small small(void) {
    struct small all;
    memset(&all, 0, sizeof all);
    all.job = (struct job){
        .magic = JOB_MAGIC,
        .size = sizeof all,
        .steps = offsetof(struct small, step),
        .step_count = 1,
        .relocations = offsetof(struct small, relocation),
        .relocation_count = 1,
        .data = offsetof(struct small, data),
        .data_size = sizeof all.data,
        .policy = POLICY_OFFSET,
    };
    struct policy policy = {.version = POLICY_VERSION};
    memcpy(all.data + POLICY_OFFSET, &policy, sizeof policy);
    all.data[8] = 24; /* what the relocation at 8 points to */
    all.relocation = 8;
    return all;
}

static bool loads(struct small *all) {
    struct tape tape;
    return job_load((uint8_t *)all, sizeof *all, &tape);
}

static void job_is_relocated(void) {
    struct small all = small();
    struct tape tape;
    CHECK(job_load((uint8_t *)&all, sizeof all, &tape));
    uint64_t word;
    memcpy(&word, all.data + 8, sizeof word);
    CHECK(word == (uintptr_t)all.data + 24);
    CHECK(tape.step_count == 1 && tape.data == all.data && (uint8_t *)tape.policy == all.data + POLICY_OFFSET);
}

static void job_out_of_bounds(void) {
#define REFUSED(change)                                                                                                \
    do {                                                                                                               \
        struct small all = small();                                                                                    \
        change;                                                                                                        \
        CHECK(!loads(&all));                                                                                           \
    } while (0)
    REFUSED(all.job.magic++);
    REFUSED(all.job.size--);
    REFUSED(all.job.steps = sizeof all);
    REFUSED(all.job.step_count = 0xffffffff);
    REFUSED(all.job.relocations = sizeof all - 2);
    REFUSED(all.job.relocation_count = 0x40000001);
    REFUSED(all.job.data_size++);
    REFUSED(all.job.data = 8);
    REFUSED((all.job.data = offsetof(struct small, step), all.job.data_size = 64)); /* over the steps */
    REFUSED(all.job.relocations = all.job.steps);
    REFUSED(all.job.steps = 8);
    REFUSED(all.job.policy = sizeof all.data - 8);
    REFUSED(all.job.policy = POLICY_OFFSET + 4);
    REFUSED(all.relocation = sizeof all.data);
    REFUSED(all.relocation = 4);
    REFUSED(all.data[9] = 200); /* points behind the data */
    REFUSED(all.step.kind[0] = 7);
    REFUSED((all.step.kind[5] = ARGUMENT_ADDRESS, all.step.argument[5] = sizeof all.data + 1));
    REFUSED((all.step.kind[1] = ARGUMENT_LOAD, all.step.argument[1] = sizeof all.data - 3));
    REFUSED((all.step.flags = STEP_STORE, all.step.out = sizeof all.data - 2));
    REFUSED(all.data[POLICY_OFFSET] = POLICY_VERSION + 1);
    REFUSED(all.data[POLICY_OFFSET + offsetof(struct policy, cleanup)] = 4);
}

/* ---- packet ---- */

static void packets(void) {
    uint8_t bytes[sizeof(struct packet) + 8] = {PACKET_VERSION, PACKET_INPUT};
    struct packet packet;
    size_t size;
    CHECK(packet_decode(bytes, sizeof bytes, &packet, &size) && packet.type == PACKET_INPUT && size == 8);
    CHECK(packet_decode(bytes, sizeof packet, &packet, &size) && size == 0);
    CHECK(!packet_decode(bytes, sizeof packet - 1, &packet, &size));
    CHECK(!packet_decode(bytes, 0, &packet, &size));
    CHECK(!packet_decode(bytes, sizeof packet + PACKET_DATA_MAX + 1, &packet, &size));
    bytes[1] = PACKET_SIGNAL;
    CHECK(!packet_decode(bytes, sizeof bytes, &packet, &size));
    bytes[0] = PACKET_VERSION + 1;
    CHECK(!packet_decode(bytes, sizeof packet, &packet, &size));
}

/* ---- report ---- */

static enum verdict hear(const void *bytes, size_t size, size_t at_once) {
    struct hearing hearing = {.size = 0};
    for (size_t at = 0; at < size; at += at_once)
        if (report_hear(&hearing, (const uint8_t *)bytes + at, size - at < at_once ? size - at : at_once))
            return VERDICT_DIED;
    enum verdict verdict = report_hear(&hearing, NULL, 0);
    if (verdict == VERDICT_FAILED && (report_of(&hearing).step != 'R' || report_of(&hearing).error != 2))
        return VERDICT_WAIT;
    return verdict;
}

static void reports(void) {
    struct {
        char ready[4];
        struct report report;
    } said = {{0, 0, 0, 'R'}, {.step = 'R', .error = 2}};
    for (size_t at_once = 1; at_once <= 9; at_once++) {
        CHECK(hear(NULL, 0, at_once) == VERDICT_DIED);
        CHECK(hear("R", 1, at_once) == VERDICT_STARTED);
        CHECK(hear("x", 1, at_once) == VERDICT_DIED);
        CHECK(hear(&said.report, 8, at_once) == VERDICT_FAILED);
        CHECK(hear(said.ready + 3, 9, at_once) == VERDICT_FAILED);
        CHECK(hear(&said.report, 5, at_once) == VERDICT_DIED);
    }
}

/* ---- stat ---- */

#define FIELDS "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "

static bool start_is(const char *text, uint64_t expected) {
    uint64_t start;
    return stat_start(text, strlen(text), &start) && start == expected;
}

static bool no_start(const char *text) {
    uint64_t start;
    return !stat_start(text, strlen(text), &start);
}

static void stats(void) {
    CHECK(start_is("12 (sh) " FIELDS "4711 20 21\n", 4711));
    CHECK(start_is("12 (a) b) S 1 (x) " FIELDS "4711 20 21\n", 4711));
    CHECK(start_is("12 () S 9 9) " FIELDS "18446744073709551 20\n", 18446744073709551u));
    CHECK(no_start(""));
    CHECK(no_start("12 (sh"));
    CHECK(no_start("12 (sh) S 1 2 3"));
    CHECK(no_start("12 (sh) " FIELDS "x"));
    CHECK(no_start("12 (sh) " FIELDS "99999999999999999999999"));
    CHECK(stat_start_of(0) == stat_start_of(getpid()) && stat_start_of(0) != 0);
    CHECK(stat_start_of(2147483647) == 0);
}

/* ---- membership ---- */

/* What of the path is below a cgroup of the name "c1". */
static const char *below(const char *text) {
    static char said[64];
    const char *found = "";
    size_t size = membership_below(text, strlen(text), "c1", &found);
    memcpy(said, found, size);
    said[size] = 0;
    return said;
}

static void memberships(void) {
    CHECK(strcmp(below("0::/bunker/c1/init\n"), "/init") == 0);
    CHECK(strcmp(below("3:memory:/bunker/c1/x\n1:name=a:/c1/y\n0::/c1/a b/c:d\n"), "/a b/c:d") == 0);
    CHECK(strcmp(below("0::/c1/c1\n"), "/c1") == 0);
    CHECK(strcmp(below("0::/bunker/c1\n"), "") == 0 && strcmp(below("0::/\n"), "") == 0);
    CHECK(strcmp(below("0::/bunker/c1x/c/xc1/y\n"), "") == 0);
    /* No line of v2, a cut one, none at all. */
    CHECK(strcmp(below("10::/c1/x\n3:memory:/bunker/c1/x\n"), "") == 0);
    CHECK(strcmp(below("0::/c1/x"), "") == 0 && strcmp(below("0::"), "") == 0 && strcmp(below(""), "") == 0);
    CHECK(strcmp(below("0::\n"), "") == 0 && strcmp(below("\n\n"), "") == 0 && strcmp(below("0::/c1/\n"), "/") == 0);
}

/* ---- detach keys ---- */

/* Feeds `in` in pieces; the bytes that pass are in `passed`. */
static bool filter(const char *sequence, const char *in, size_t piece, char *passed) {
    struct keys keys = {.sequence = (const uint8_t *)sequence, .count = strlen(sequence)};
    size_t used = 0;
    bool detach = false;
    for (size_t at = 0; at < strlen(in) && !detach; at += piece) {
        size_t size = strlen(in) - at < piece ? strlen(in) - at : piece;
        used += keys_filter(&keys, (const uint8_t *)in + at, size, (uint8_t *)passed + used, &detach);
    }
    passed[used] = 0;
    return detach;
}

static void keys(void) {
    char passed[256];
    for (size_t piece = 1; piece < 9; piece++) {
        CHECK(filter("\x10\x11", "ab\x10\x11z", piece, passed) && strcmp(passed, "ab") == 0);
        CHECK(!filter("\x10\x11", "a\x10z", piece, passed) && strcmp(passed, "a\x10z") == 0);
        CHECK(!filter("\x10\x11", "a\x10\x10z", piece, passed) && strcmp(passed, "a\x10\x10z") == 0);
        CHECK(filter("\x10\x11", "\x10\x10\x11", piece, passed) && strcmp(passed, "\x10") == 0);
        CHECK(!filter("\x10\x11", "ab\x10", piece, passed) && strcmp(passed, "ab") == 0);
        CHECK(!filter("", "a\x10\x11", piece, passed) && strcmp(passed, "a\x10\x11") == 0);
        CHECK(filter("q", "abq", piece, passed) && strcmp(passed, "ab") == 0);
    }
}

CHECK_MAIN({"a job's relocations become addresses", job_is_relocated},
           {"a job that points out of its bytes is refused", job_out_of_bounds},
           {"packets of another version, cut or too long are refused", packets},
           {"the end of the report pipe tells start, failure and death apart", reports},
           {"start times come from behind the last bracket", stats},
           {"where below its container's cgroup a process is says v2's line", memberships},
           {"detach keys are held back until the next byte decides", keys})
