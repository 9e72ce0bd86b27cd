/* The real helper at its ends: failures of the tape, the record, stalled readers, the clean-up, the reaper. */
#include "../../../ffi/helper/stat.h"
#include "check.h"
#include "scene.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct scene scene;

static bool fails(int32_t value, int32_t extra) {
    struct packet packet;
    do
        if (!scene_receive(&scene, &packet, NULL, 0, NULL))
            return false;
    while (packet.type == PACKET_FORKED);
    return packet.type == PACKET_FAILED && packet.value == value && packet.extra == extra;
}

static bool left_nothing(void) {
    ssize_t size;
    free(scene_file(&scene, "state", &size));
    if (size >= 0)
        return false;
    free(scene_file(&scene, "record", &size));
    return size < 0;
}

static void failure_before(void) {
    scene_begin(&scene);
    STEP(&scene, SYS_getpid, 0, VALUE(0));
    STEP(&scene, SYS_openat, 0, VALUE(AT_FDCWD), PLACE(scene_text(&scene, "/nowhere")), VALUE(0));
    scene_shell(&scene, 0, "true");
    scene_play(&scene);
    CHECK(fails(1, ENOENT));
    CHECK(scene_monitor_end(&scene) == 1);
    CHECK(left_nothing());
    scene_end(&scene);
}

static void failure_after(void) {
    scene_begin(&scene);
    scene_program(&scene, SCENE_CALLER, (const char *const[]){"/nowhere", NULL});
    uint32_t last = scene.step_count - 1;
    scene_play(&scene);
    CHECK(fails((int32_t)last, ENOENT));
    CHECK(scene_monitor_end(&scene) == 1);
    CHECK(left_nothing());
    scene_end(&scene);
}

static void failure_of_init(void) {
    scene_begin(&scene);
    scene_program(&scene, SCENE_CALLER | SCENE_INIT, (const char *const[]){"/etc", NULL});
    uint32_t last = scene.step_count - 1;
    scene_play(&scene);
    CHECK(fails((int32_t)last, EACCES));
    CHECK(scene_monitor_end(&scene) == 1);
    scene_end(&scene);
}

/* The child is killed before it is ready. */
static void death_before(void) {
    scene_begin(&scene);
    uint64_t none = 0;
    uint32_t slot = scene_bytes(&scene, NULL, 4);
    uint64_t clone[11] = {[4] = SIGCHLD};
    STEP(&scene, SYS_clone3, STEP_MONITOR, PLACE(scene_bytes(&scene, clone, sizeof clone)), VALUE(sizeof clone));
    STEP(&scene, SYS_rt_sigprocmask, 0, VALUE(2), PLACE(scene_bytes(&scene, &none, 8)), VALUE(0), VALUE(8));
    STEP(&scene, SYS_getpid, STEP_STORE, VALUE(0))->out = slot;
    STEP(&scene, SYS_kill, 0, LOAD(slot), VALUE(SIGTERM));
    STEP(&scene, SYS_ppoll, 0, VALUE(0));
    scene_play(&scene);
    CHECK(fails(FAILED_DIED, SIGTERM));
    CHECK(scene_monitor_end(&scene) == 1);
    scene_end(&scene);
}

/* okay[], STORE of a negative result, FULL, and LOAD of what was stored. */
static void step_flags(void) {
    scene_begin(&scene);
    uint32_t slot = scene_bytes(&scene, NULL, 4), pair = scene_bytes(&scene, NULL, 8);
    uint32_t text = scene_text(&scene, "abcd");
    struct step *step = STEP(&scene, SYS_openat, STEP_STORE, VALUE(AT_FDCWD), PLACE(scene_text(&scene, "/nowhere")));
    step->out = slot;
    step->okay[0] = EACCES;
    step->okay[1] = ENOENT;
    step = STEP(&scene, SYS_close, 0, LOAD(slot)); /* -ENOENT is no descriptor */
    step->okay[0] = EBADF;
    STEP(&scene, SYS_pipe2, 0, PLACE(pair), VALUE(O_CLOEXEC | O_NONBLOCK));
    STEP(&scene, SYS_write, STEP_FULL, LOAD(pair + 4), PLACE(text), VALUE(4));
    STEP(&scene, SYS_read, STEP_FULL, LOAD(pair), PLACE(text), VALUE(5));
    scene_play(&scene);
    CHECK(fails(4, EPIPE));
    CHECK(scene_monitor_end(&scene) == 1);
    scene_end(&scene);
}

static void no_execve(void) {
    scene_begin(&scene);
    STEP(&scene, SYS_getpid, 0, VALUE(0));
    scene_play(&scene);
    CHECK(fails(0, ENOSYS));
    CHECK(scene_monitor_end(&scene) == 1);
    scene_end(&scene);
}

static void state_and_record(void) {
    ssize_t size;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line; exit 42");
    CHECK(scene_start(&scene));
    struct state *state = (struct state *)(void *)scene_file(&scene, "state", &size);
    CHECK(size == sizeof *state && state->version == STATE_VERSION);
    CHECK(state->monitor == scene.monitor && state->monitor_start == stat_start_of(scene.monitor));
    CHECK(state->program == scene.program && state->program_start == stat_start_of(scene.program));
    free(scene_file(&scene, "record", &size));
    CHECK(size == 0);
    uint64_t began = state->started;
    free(state);
    CHECK(write(scene.in[1], "\n", 1) == 1);
    CHECK(scene_exited(&scene) == 42);
    struct record *record = (struct record *)(void *)scene_file(&scene, "record", &size);
    CHECK(size == sizeof *record && record->version == RECORD_VERSION && record->kind == RECORD_DIED);
    CHECK(record->status == 42 && record->time >= began);
    free(record);
    scene_end(&scene);
}

/* A log that cannot be opened is a start that fails, as docker's is. */
static void log_that_cannot_be(void) {
    scene_begin(&scene);
    CHECK(mkdirat(scene.directory_fd, "log", 0700) == 0);
    scene.policy->log_driver = LOG_LOCAL;
    scene.policy->log_directory = scene.policy->run_directory;
    scene_shell(&scene, SCENE_CALLER, "exec sleep 60");
    scene_play(&scene);
    CHECK(fails(FAILED_MONITOR, EISDIR));
    CHECK(scene_monitor_end(&scene) == 1);
    CHECK(left_nothing());
    unlinkat(scene.directory_fd, "log", AT_REMOVEDIR);
    scene_end(&scene);
}

static void exec_leaves_no_files(void) {
    scene_begin(&scene);
    scene.policy->flags |= POLICY_EXEC;
    scene.policy->run_directory = -1;
    scene_shell(&scene, SCENE_CALLER, "kill -SEGV $$");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 139);
    CHECK(left_nothing());
    scene_end(&scene);
}

/* What others still hold open is not waited for. */
static void exec_leaves_others(void) {
    size_t size;
    scene_begin(&scene);
    scene.policy->flags |= POLICY_EXEC;
    scene_shell(&scene, SCENE_CALLER, "sleep 60 & echo $!; exit 5");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 5);
    char *text = (char *)read_all(scene.out[0], &size);
    CHECK(size > 1);
    pid_t other = atoi(text);
    CHECK(other > 1 && kill(other, SIGKILL) == 0);
    free(text);
    scene_end(&scene);
}

static void wait_until_full(int fd) {
    int held = 0;
    while (ioctl(fd, FIONREAD, &held) == 0 && held < 65536)
        poll(NULL, 0, 1);
}

/* A reader that stalls: the record is there and the monitor has gone; later all of it arrives, then EXITED. */
static void stalled(bool logged) {
    ssize_t size;
    scene_begin(&scene);
    if (logged) {
        scene.policy->log_driver = LOG_LOCAL;
        scene.policy->log_directory = scene.policy->run_directory;
    }
    int lock = openat(scene.directory_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(flock(lock, LOCK_EX) == 0);
    scene.policy->lock = scene_pass(&scene, lock);
    scene_shell(&scene, SCENE_CALLER, "head -c 99999 /dev/zero; printf E; exit 9");
    CHECK(scene_start(&scene));
    close(lock);
    wait_until_full(scene.out[0]);
    CHECK(scene_monitor_end(&scene) == 0);
    struct record *record = (struct record *)(void *)scene_file(&scene, "record", &size);
    CHECK(size == sizeof *record && record->status == 9);
    free(record);
    lock = openat(scene.directory_fd, "lock", O_RDWR | O_CLOEXEC);
    CHECK(flock(lock, LOCK_EX | LOCK_NB) == 0);
    close(lock);
    struct pollfd poll_one = {.fd = scene.control, .events = POLLIN};
    CHECK(poll(&poll_one, 1, 0) == 0);
    size_t all;
    uint8_t *bytes = read_all(scene.out[0], &all);
    CHECK(all == 100000 && bytes[all - 1] == 'E');
    free(bytes);
    CHECK(scene_exited(&scene) == 9);
    scene_end(&scene);
}

static void stalled_logged(void) { stalled(true); }
static void stalled_unlogged(void) { stalled(false); }

/* The clean-up writes its arguments, its environment and its descriptors to a file. */
static void set_clean_up(void) {
    char script[256];
    snprintf(script, sizeof script, "{ echo $1 $NAME $PWD; ls /proc/self/fd | wc -l; } > %s/cleaned", scene.directory);
    scene.policy->flags |= POLICY_REMOVE;
    const char *const argv[] = {"/bin/sh", "-c", script, "sh", "argument", NULL};
    const char *const environment[] = {"NAME=value", "PATH=/usr/bin:/bin", NULL};
    scene.policy->cleanup = scene_list(&scene, argv);
    scene.policy->cleanup_environment = scene_list(&scene, environment);
}

static bool is_cleaned(void) {
    ssize_t size;
    char *text = (char *)scene_file(&scene, "cleaned", &size);
    /* 0-2, and those of ls: its directory. */
    bool same = size == 19 && memcmp(text, "argument value /\n4\n", 19) == 0;
    free(text);
    return same;
}

static void cleans_up(void) {
    scene_begin(&scene);
    set_clean_up();
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line");
    CHECK(scene_start(&scene));
    close(scene.control);
    scene.control = -1;
    CHECK(scene_monitor_end(&scene) == 0);
    CHECK(is_cleaned());
    scene_end(&scene);
}

static void detached_cleans_up(void) {
    scene_begin(&scene);
    set_clean_up();
    scene.policy->flags |= POLICY_DETACHED;
    scene_shell(&scene, 0, "exit 3");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == -1);
    CHECK(scene_monitor_end(&scene) == 0);
    CHECK(is_cleaned());
    scene_end(&scene);
}

static void leaves_clean_up(void) {
    ssize_t size;
    scene_begin(&scene);
    set_clean_up();
    scene_shell(&scene, SCENE_CALLER, "exit 3");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 3);
    CHECK(scene_monitor_end(&scene) == 0);
    free(scene_file(&scene, "cleaned", &size));
    CHECK(size < 0);
    scene_end(&scene);
}

static void dies_with_monitor(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER, "exec sleep 60");
    CHECK(scene_start(&scene));
    int program = (int)syscall(SYS_pidfd_open, scene.program, 0);
    CHECK(program >= 0);
    kill(scene.monitor, SIGKILL);
    struct pollfd poll_one = {.fd = program, .events = POLLIN};
    CHECK(poll(&poll_one, 1, -1) == 1);
    close(program);
    CHECK(scene_exited(&scene) == -1);
    scene_end(&scene);
}

static void signals_reset(void) {
    size_t size;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    scene_begin(&scene);
    scene_program(&scene, SCENE_CALLER, (const char *const[]){"/bin/grep", "^Sig[BI]", "/proc/self/status", NULL});
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 0);
    char *text = (char *)read_all(scene.out[0], &size);
    CHECK(size == 50 && memcmp(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", 50) == 0);
    free(text);
    signal(SIGPIPE, SIG_DFL);
    scene_end(&scene);
}

static void other_signals(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line; exit 1");
    CHECK(scene_start(&scene));
    for (int signal = 1; signal < 32; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            kill(scene.monitor, signal);
    CHECK(write(scene.in[1], "\n", 1) == 1);
    CHECK(scene_exited(&scene) == 1);
    scene_end(&scene);
}

/* ---- the reaper ---- */

static void init_status(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_INIT, "exit 12");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 12);
    scene_end(&scene);
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_INIT, "kill -KILL $$");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 137);
    scene_end(&scene);
}

static void init_forwards(void) {
    char byte;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_INIT, "trap 'exit 33' TERM; echo x; while :; do sleep 0.01; done");
    CHECK(scene_start(&scene));
    CHECK(read(scene.out[0], &byte, 1) == 1);
    scene_send(&scene, PACKET_SIGNAL, SIGTERM, 0, NULL, 0);
    CHECK(scene_exited(&scene) == 33);
    scene_end(&scene);
}

/* Orphans come to the reaper (a subreaper here, PID 1 in a container) and none stays a zombie. */
static void init_reaps(void) {
    size_t size;
    const char *const script =
        "for i in 1 2 3 4 5; do (sh -c 'exit 0' &); done; "
        "while ls /proc/*/stat | xargs grep -hs \") Z $PPID \" | grep -q .; do :; done; echo none";
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_INIT, script);
    /* PR_SET_CHILD_SUBREAPER instead of PR_SET_PDEATHSIG of the child. */
    for (uint32_t at = 1; at < scene.step_count; at++)
        if (scene.steps[at].number == SYS_prctl)
            scene.steps[at].argument[0] = 36;
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 0);
    char *text = (char *)read_all(scene.out[0], &size);
    CHECK(size == 5 && memcmp(text, "none\n", 5) == 0);
    free(text);
    scene_end(&scene);
}

CHECK_MAIN({"a step that fails before the fork is named", failure_before},
           {"an execve that fails is named, and nothing is left", failure_after},
           {"an execve that fails behind the reaper is named", failure_of_init},
           {"a child that is killed before it is ready is said with its signal", death_before},
           {"steps pass over what they may, store, load, and insist on whole reads", step_flags},
           {"a tape without an execve is refused at its end", no_execve},
           {"state and record tell pids, start times and the exit status", state_and_record},
           {"a log that cannot be opened keeps the program from running", log_that_cannot_be},
           {"an exec leaves no files", exec_leaves_no_files},
           {"an exec does not wait for those who hold its pipes", exec_leaves_others},
           {"a stalled reader delays neither record nor lock, and gets everything (log)", stalled_logged},
           {"a stalled reader delays neither record nor lock, and gets everything (no log)", stalled_unlogged},
           {"without a CLI the monitor becomes the clean-up", cleans_up},
           {"a detached container's monitor becomes the clean-up", detached_cleans_up},
           {"with a CLI the clean-up is the CLI's", leaves_clean_up},
           {"the program dies with its monitor", dies_with_monitor},
           {"the program's signals are unblocked and default", signals_reset},
           {"signals to the monitor do nothing", other_signals},
           {"--init: the reaper ends as the program does", init_status},
           {"--init: signals are forwarded", init_forwards}, {"--init: orphans are reaped", init_reaps})
