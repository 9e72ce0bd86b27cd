/*
 * A scene for the real helper: a tape is put together, build/helper plays it
 * through the shim's bunker_spawn, and the test sits in the CLI's seat. No
 * namespaces, no privileges.
 */
#ifndef BUNKER_SCENE_H
#define BUNKER_SCENE_H

#include "../../../ffi/helper/tape.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SCENE_DATA 32768
#define SCENE_STEPS 64
#define SCENE_FDS 32

/* A step's argument. */
struct word {
    uint8_t kind;
    uint64_t number;
};

#define VALUE(number) ((struct word){ARGUMENT_VALUE, (uint64_t)(number)})
#define PLACE(offset) ((struct word){ARGUMENT_ADDRESS, (uint64_t)(offset)})
#define LOAD(offset) ((struct word){ARGUMENT_LOAD, (uint64_t)(offset)})

struct scene {
    uint8_t data[SCENE_DATA] __attribute__((aligned(16)));
    uint32_t used;
    struct step steps[SCENE_STEPS];
    uint32_t step_count;
    uint32_t relocations[SCENE_STEPS];
    uint32_t relocation_count;
    struct policy *policy; /* at SCENE_POLICY in data */
    int32_t fds[SCENE_FDS];
    int32_t count;
    int control; /* our end */
    int control_theirs;
    int in[2], out[2], err[2]; /* the caller's pipes, as a caller makes them */
    char directory[64];        /* log and run directory */
    int directory_fd;
    pid_t monitor;
    int monitor_pidfd;
    pid_t program;
};

#define SCENE_POLICY 16

/* What a scene is made of. */
enum scene_flag {
    SCENE_STDIN = 1,    /* stdin is passed through */
    SCENE_TERMINAL = 2, /* a pty instead of pipes */
    SCENE_INIT = 4,     /* --init */
    SCENE_CALLER = 8,   /* the caller's pipes are given to the monitor */
};

/* A scene with a control socket, a scratch directory and a policy without a log. */
void scene_begin(struct scene *scene);
uint32_t scene_bytes(struct scene *scene, const void *bytes, size_t size);
uint32_t scene_text(struct scene *scene, const char *text);
uint32_t scene_list(struct scene *scene, const char *const *list);
struct step *scene_step(struct scene *scene, long number, unsigned flags, const struct word *words, size_t count);
#define STEP(scene, number, flags, ...)                                                                                \
    scene_step(scene, number, flags, (struct word[]){__VA_ARGS__},                                                     \
               sizeof((struct word[]){__VA_ARGS__}) / sizeof(struct word))

/* Hands a descriptor to the helper; its number there. */
int32_t scene_pass(struct scene *scene, int fd);

/* The steps of a whole start of `argv`. */
void scene_program(struct scene *scene, unsigned flags, const char *const *argv);
/* ... of `sh -c script`. */
void scene_shell(struct scene *scene, unsigned flags, const char *script);

/* The job of these steps and data, in a memfd. */
int scene_job(const struct scene *scene);

/* Spawns the helper and closes what is its. */
void scene_play(struct scene *scene);
/* scene_play, then FORKED and STARTED. False: they did not come. */
bool scene_start(struct scene *scene);

/* The next packet from the monitor (data into `data`, at most `size`); false: it is gone. */
bool scene_receive(struct scene *scene, struct packet *packet, void *data, size_t size, size_t *got);
void scene_send(struct scene *scene, int type, int32_t value, int32_t extra, const void *data, size_t size);
/* Waits for EXITED; -1: it did not come. */
int scene_exited(struct scene *scene);
/* Waits for the monitor's end; its exit status. */
int scene_monitor_end(struct scene *scene);

/* The content of a file in the scratch directory; size -1: not there. The caller frees. */
uint8_t *scene_file(struct scene *scene, const char *name, ssize_t *size);
/* Reads to the end of a descriptor. The caller frees. */
uint8_t *read_all(int fd, size_t *size);

/* Closes and removes everything. */
void scene_end(struct scene *scene);

#endif
