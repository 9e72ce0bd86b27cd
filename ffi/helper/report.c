/*
 * Only the end of the pipe says what the bytes are: a byte alone is
 * REPORT_READY; a report may follow it (the execve itself failed), or come
 * alone, and its step number may begin with the same byte.
 */
#include "report.h"
#include "sys.h"

enum verdict report_hear(struct hearing *hearing, const uint8_t *bytes, size_t size) {
    if (size > 0) {
        size_t room = sizeof hearing->bytes - hearing->size;
        size_t taken = size < room ? size : room;
        memcpy(hearing->bytes + hearing->size, bytes, taken);
        hearing->size += taken;
        return VERDICT_WAIT;
    }
    if (hearing->size >= sizeof(struct report))
        return VERDICT_FAILED;
    return hearing->size == 1 && hearing->bytes[0] == REPORT_READY ? VERDICT_STARTED : VERDICT_DIED;
}

struct report report_of(const struct hearing *hearing) {
    struct report report;
    memcpy(&report, hearing->bytes + hearing->size - sizeof report, sizeof report);
    return report;
}
