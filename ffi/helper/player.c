/* The player. If something here wants an `if`, it is a flag of the step (tape.h). */
#include "player.h"
#include "sys.h"

static long argument(const struct tape *tape, const struct step *step, int at) {
    uint64_t number = step->argument[at];
    switch (step->kind[at]) {
    case ARGUMENT_ADDRESS:
        return (long)(uintptr_t)(tape->data + number);
    case ARGUMENT_LOAD: {
        int32_t word;
        memcpy(&word, tape->data + number, sizeof word);
        return word;
    }
    default:
        return (long)number;
    }
}

static bool is_okay(const struct step *step, long error) {
    for (int at = 0; at < STEP_OKAY && step->okay[at] != 0; at++)
        if (step->okay[at] == error)
            return true;
    return false;
}

static long play_step(const struct tape *tape, const struct step *step) {
    long a[6];
    for (int at = 0; at < 6; at++)
        a[at] = argument(tape, step, at);
    long result;
    int rounds = step->flags & STEP_AGAIN ? STEP_ROUNDS : 1;
    do
        result = sys_call(step->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    while (result == -EAGAIN && --rounds > 0);
    if (result >= 0 && (step->flags & STEP_FULL) && result != a[2])
        result = -EPIPE;
    if (step->flags & STEP_STORE) {
        int32_t word = (int32_t)result;
        memcpy(tape->data + step->out, &word, sizeof word);
    }
    return result;
}

struct outcome play(const struct tape *tape) {
    struct outcome outcome = {.played = PLAYED_FAILED};
    for (uint32_t at = 0; at < tape->step_count; at++) {
        const struct step *step = &tape->steps[at];
        long result = play_step(tape, step);
        outcome.step = at;
        if (result < 0 && !is_okay(step, -result)) {
            outcome.error = (int32_t)-result;
            return outcome;
        }
        if ((step->flags & (STEP_MONITOR | STEP_INIT)) && result > 0) {
            outcome.played = step->flags & STEP_MONITOR ? PLAYED_MONITOR : PLAYED_INIT;
            outcome.pid = (int32_t)result;
            return outcome;
        }
        if ((step->flags & STEP_MONITOR) && result == 0)
            outcome.forked = true;
    }
    /* A tape that does not end in an execve: as a call that is not there. */
    outcome.error = ENOSYS;
    return outcome;
}
