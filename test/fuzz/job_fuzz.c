/* Jobs: one that is accepted points nowhere outside of its own bytes, and `keep` copies within them. */
#include "../../ffi/helper/job.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

static void touch(const uint8_t *at, size_t size) {
    volatile uint8_t sum = 0;
    for (size_t byte = 0; byte < size; byte++)
        sum = (uint8_t)(sum + at[byte]);
}

static void read_all(const struct tape *tape) {
    for (uint32_t at = 0; at < tape->step_count; at++) {
        const struct step *step = &tape->steps[at];
        for (int one = 0; one < 6; one++)
            if (step->kind[one] == ARGUMENT_LOAD)
                touch(tape->data + step->argument[one], sizeof(int32_t));
        if (step->flags & STEP_STORE)
            touch(tape->data + step->out, sizeof(int32_t));
    }
    touch(tape->data, tape->data_size);
    touch((const uint8_t *)tape->policy, sizeof *tape->policy);
}

/* The header's magic and size are filled in, so that the fuzzer need not guess them. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct tape tape;
    uint8_t *copy = aligned_alloc(16, (size + 15) / 16 * 16 + 16);
    struct job header;
    memcpy(copy, bytes, size);
    if (size >= sizeof header) {
        memcpy(&header, copy, sizeof header);
        header.magic = JOB_MAGIC;
        header.size = (uint32_t)size;
        memcpy(copy, &header, sizeof header);
    }
    /* The bytes end where the allocation does. */
    uint8_t *exact = realloc(copy, size > 0 ? size : 1);
    if (exact != NULL && (uintptr_t)exact % 16 == 0 && job_load(exact, size, &tape))
        read_all(&tape);
    free(exact);
    return 0;
}
