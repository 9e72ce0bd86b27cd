/* What waits for room in the control socket: one message of input, signals, the terminal's size. */
#ifndef BUNKER_OUTBOX_H
#define BUNKER_OUTBOX_H

#include "keys.h"
#include "terminal.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX 4096

struct outbox {
    int control;
    uint64_t signals; /* bit n - 1 for signal n */
    bool resize;      /* the size is asked for when it is sent */
    bool redraw;      /* with another size before, so that the program draws itself again */
    bool end;         /* of the input, once that is sent */
    size_t size;      /* of input */
    uint8_t input[INPUT_MAX + KEYS_MAX];
};

/* Sends what there is, in order of urgency; true: all of it is sent. Never blocks. */
bool outbox_send(struct outbox *outbox, const struct terminal *terminal);

static inline bool outbox_is_empty(const struct outbox *outbox) {
    return !outbox->resize && !outbox->end && outbox->signals == 0 && outbox->size == 0;
}

#endif
