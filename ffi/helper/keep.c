/* Copying out of the job. Strings and lists are bounded by the end of the job's data. */
#include "keep.h"
#include "sys.h"
#include <linux/mman.h>

#define STANDARD 3 /* 0 to 2 are /dev/null and stay */

/* The bytes of a string, its end included; 0 if it does not end within the data. */
static size_t text_size(const struct tape *tape, const char *text) {
    const uint8_t *at = (const uint8_t *)text, *end = tape->data + tape->data_size;
    if (at < tape->data)
        return 0;
    for (const uint8_t *byte = at; byte < end; byte++)
        if (*byte == 0)
            return (size_t)(byte - at) + 1;
    return 0;
}

/* How many strings an argv holds; what does not lie within the data ends it. */
static size_t list_count(const struct tape *tape, char *const *list) {
    size_t count = 0;
    const uint8_t *end = tape->data + tape->data_size;
    while ((const uint8_t *)(list + count + 1) <= end && list[count] != NULL && text_size(tape, list[count]) > 0)
        count++;
    return count;
}

static size_t list_size(const struct tape *tape, char *const *list, size_t count) {
    size_t size = (count + 1) * sizeof *list;
    for (size_t at = 0; at < count; at++)
        size += text_size(tape, list[at]);
    return size;
}

static char *copy_text(const struct tape *tape, const char *text, char **free) {
    char *copy = *free;
    size_t size = text_size(tape, text);
    memcpy(copy, text, size);
    *free += size;
    return copy;
}

static char **copy_list(const struct tape *tape, char *const *list, size_t count, char ***slots, char **free) {
    char **copy = *slots;
    for (size_t at = 0; at < count; at++)
        copy[at] = copy_text(tape, list[at], free);
    copy[count] = NULL;
    *slots += count + 1;
    return copy;
}

bool keep(struct tape *tape, struct kept *kept) {
    kept->policy = *tape->policy;
    const char *name = (const char *)tape->data + kept->policy.log_name;
    const char *attributes = (const char *)tape->data + kept->policy.log_attributes;
    char *const *cleanup = (char *const *)(void *)(tape->data + kept->policy.cleanup);
    char *const *environment = (char *const *)(void *)(tape->data + kept->policy.cleanup_environment);
    char *const *cgroups = (char *const *)(void *)(tape->data + kept->policy.cgroups);
    size_t cleanups = kept->policy.cleanup != 0 ? list_count(tape, cleanup) : 0;
    size_t variables = kept->policy.cleanup_environment != 0 ? list_count(tape, environment) : 0;
    size_t directories = kept->policy.cgroups != 0 ? list_count(tape, cgroups) : 0;
    size_t ports = kept->policy.port_count * sizeof(struct port);
    size_t size = ports + list_size(tape, cleanup, cleanups) + list_size(tape, environment, variables) +
                  list_size(tape, cgroups, directories) + text_size(tape, name) + text_size(tape, attributes);
    long block = SYS(mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block < 0)
        return false;
    char **slots = (char **)block;
    kept->ports = (struct port *)(slots + cleanups + variables + directories + 3);
    memcpy(kept->ports, tape->data + kept->policy.ports, ports);
    char *free = (char *)kept->ports + ports;
    kept->cleanup = copy_list(tape, cleanup, cleanups, &slots, &free);
    kept->environment = copy_list(tape, environment, variables, &slots, &free);
    kept->cgroups = copy_list(tape, cgroups, directories, &slots, &free);
    kept->log_name = copy_text(tape, name, &free);
    kept->log_attributes = copy_text(tape, attributes, &free);
    if (cleanups == 0)
        kept->cleanup = NULL;
    SYS(munmap, tape->bytes, tape->size);
    return true;
}

void keep_descriptors(const struct kept *kept, int32_t pidfd) {
    const struct policy *policy = &kept->policy;
    int32_t ports = policy->port_count > 0 ? kept->ports[0].fd : INT32_MAX;
    int32_t ports_end = policy->port_count > 0 ? ports + (int32_t)policy->port_count : 0;
    const int32_t ours[] = {
        policy->control,
        policy->cli,
        policy->caller[0],
        policy->caller[1],
        policy->caller[2],
        policy->stdin_pipe[1],
        policy->stdout_pipe[0],
        policy->stderr_pipe[0],
        policy->report_pipe[0],
        policy->lock,
        policy->terminal_socket[0],
        policy->log_directory,
        policy->run_directory,
        policy->probe,
        policy->oom_wake,
        policy->oom_file,
        pidfd,
    };
    int32_t from = STANDARD;
    for (;;) {
        /* The next one of ours, in order; everything before it goes. */
        int32_t next = from < ports ? ports : from < ports_end ? from : INT32_MAX;
        for (size_t at = 0; at < sizeof ours / sizeof *ours; at++)
            if (ours[at] >= from && ours[at] < next)
                next = ours[at];
        if (next > from)
            SYS(close_range, from, next == INT32_MAX ? ~0u : (unsigned)next - 1, 0);
        if (next == INT32_MAX)
            return;
        from = next + 1;
    }
}
