/*
 * Validation and relocation of a job. Our own TypeScript wrote it, so this is
 * no border of trust; it turns a mistake there into an error that is said
 * instead of a crash in a process that is half inside a container.
 */
#include "job.h"

/* [offset, offset + count * unit) lies in `size` bytes. */
static bool fits(size_t size, uint32_t offset, uint32_t count, size_t unit) {
    return offset <= size && count <= (size - offset) / unit;
}

/* A part of a job: aligned, not before `end` of the part before it, and within the job. */
static bool part_fits(uint32_t offset, uint32_t alignment, size_t end, uint32_t count, size_t unit, size_t size) {
    return offset % alignment == 0 && offset >= end && fits(size, offset, count, unit);
}

static bool step_is_valid(const struct step *step, uint32_t data_size) {
    if ((step->flags & STEP_STORE) && !fits(data_size, step->out, 1, sizeof(int32_t)))
        return false;
    for (int at = 0; at < 6; at++) {
        uint64_t number = step->argument[at];
        switch (step->kind[at]) {
        case ARGUMENT_VALUE:
            break;
        case ARGUMENT_ADDRESS:
            /* The end itself: an empty block may be the last thing in the data. */
            if (number > data_size)
                return false;
            break;
        case ARGUMENT_LOAD:
            if (number > data_size || !fits(data_size, (uint32_t)number, 1, sizeof(int32_t)))
                return false;
            break;
        default:
            return false;
        }
    }
    return true;
}

static bool relocate(struct tape *tape, const uint32_t *relocations, uint32_t count) {
    for (uint32_t at = 0; at < count; at++) {
        uint32_t offset = relocations[at];
        if (offset % 8 != 0 || !fits(tape->data_size, offset, 1, sizeof(uint64_t)))
            return false;
        uint64_t *word = (uint64_t *)(void *)(tape->data + offset);
        /* A place named twice would be an address by now, and fail here. */
        if (*word > tape->data_size)
            return false;
        *word += (uintptr_t)tape->data;
    }
    return true;
}

/* What the monitor itself dereferences later. */
static bool policy_is_valid(const struct tape *tape) {
    const struct policy *policy = tape->policy;
    const uint32_t size = tape->data_size;
    return policy->version == POLICY_VERSION && policy->log_name < size && policy->log_attributes < size &&
           policy->cleanup < size && policy->cleanup_environment < size && policy->cleanup % 8 == 0 &&
           policy->cleanup_environment % 8 == 0 && policy->cgroups < size && policy->cgroups % 8 == 0 &&
           policy->ports % 4 == 0 && fits(size, policy->ports, policy->port_count, sizeof(struct port));
}

bool job_load(uint8_t *bytes, size_t size, struct tape *tape) {
    const struct job *job = (const struct job *)(void *)bytes;
    if (size < sizeof *job || job->magic != JOB_MAGIC || job->size != size)
        return false;
    /* One after another: a relocation must not reach what has been checked. */
    if (!part_fits(job->steps, 8, sizeof *job, job->step_count, sizeof(struct step), size))
        return false;
    size_t end = job->steps + job->step_count * sizeof(struct step);
    if (!part_fits(job->relocations, 4, end, job->relocation_count, sizeof(uint32_t), size))
        return false;
    end = job->relocations + job->relocation_count * sizeof(uint32_t);
    if (!part_fits(job->data, 16, end, job->data_size, 1, size))
        return false;
    if (job->policy % 8 != 0 || !fits(job->data_size, job->policy, 1, sizeof(struct policy)))
        return false;
    tape->bytes = bytes;
    tape->size = size;
    tape->steps = (struct step *)(void *)(bytes + job->steps);
    tape->step_count = job->step_count;
    tape->data = bytes + job->data;
    tape->data_size = job->data_size;
    tape->policy = (struct policy *)(void *)(tape->data + job->policy);
    for (uint32_t at = 0; at < tape->step_count; at++)
        if (!step_is_valid(&tape->steps[at], tape->data_size))
            return false;
    const uint32_t *relocations = (const uint32_t *)(void *)(bytes + job->relocations);
    return relocate(tape, relocations, job->relocation_count) && policy_is_valid(tape);
}
