/* Health checks: docker's rules on numbers, and the real helper that plays a probe on a timer. */
#include "../../../ffi/helper/health.h"
#include "check.h"
#include "scene.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define MILLISECOND 1000000ull

static const struct policy numbers = {.health_retries = 3,
                                      .health_interval = 30 * SECOND,
                                      .health_timeout = 30 * SECOND,
                                      .health_start_period = 10 * SECOND,
                                      .health_start_interval = SECOND};

static void intervals(void) {
    struct health health = {.status = HEALTH_STARTING};
    CHECK(health_next(&numbers, &health, 0) == SECOND);
    CHECK(health_next(&numbers, &health, 10 * SECOND - 1) == SECOND);
    CHECK(health_next(&numbers, &health, 10 * SECOND) == 30 * SECOND);
    health.status = HEALTH_HEALTHY;
    CHECK(health_next(&numbers, &health, 0) == 30 * SECOND);
}

static bool judge(struct health *health, int status, uint64_t age) {
    struct health_result result = {.status = status};
    return health_judge(health, &numbers, &result, age);
}

static void judgements(void) {
    struct health health = {.status = HEALTH_STARTING};
    /* Within the start period a failure does not count. */
    for (int times = 0; times < 5; times++)
        CHECK(!judge(&health, 1, SECOND) && health.streak == 0);
    CHECK(!judge(&health, 1, 11 * SECOND) && !judge(&health, 1, 12 * SECOND));
    CHECK(health.status == HEALTH_STARTING && health.streak == 2);
    CHECK(judge(&health, 1, 13 * SECOND) && health.status == HEALTH_UNHEALTHY);
    CHECK(!judge(&health, HEALTH_TIMED_OUT, 14 * SECOND) && health.streak == 4);
    CHECK(judge(&health, 0, 15 * SECOND) && health.status == HEALTH_HEALTHY && health.streak == 0);
    CHECK(!judge(&health, 0, 16 * SECOND));
    /* Once it was healthy a failure counts, also within the start period. */
    CHECK(!judge(&health, 2, SECOND) && health.streak == 1 && health.status == HEALTH_HEALTHY);
}

/* ---- The helper. ---- */

static struct scene scene, probe;

/* The job of a probe without a container to enter. */
static int probe_job(const char *const *argv) {
    static const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    uint64_t none = 0, clone[11] = {[4] = SIGCHLD};
    scene_begin(&probe);
    probe.monitor_pidfd = -1;
    STEP(&probe, SYS_clone3, STEP_INIT, PLACE(scene_bytes(&probe, clone, sizeof clone)), VALUE(sizeof clone));
    STEP(&probe, SYS_dup3, 0, VALUE(PROBE_OUTPUT), VALUE(1), VALUE(0));
    STEP(&probe, SYS_dup3, 0, VALUE(PROBE_OUTPUT), VALUE(2), VALUE(0));
    STEP(&probe, SYS_prctl, 0, VALUE(1), VALUE(SIGKILL));
    STEP(&probe, SYS_close_range, 0, VALUE(3), VALUE(~0u), VALUE(4));
    STEP(&probe, SYS_rt_sigprocmask, 0, VALUE(2), PLACE(scene_bytes(&probe, &none, 8)), VALUE(0), VALUE(8));
    STEP(&probe, SYS_execve, 0, PLACE(scene_text(&probe, argv[0])), PLACE(scene_list(&probe, argv)),
         PLACE(scene_list(&probe, environment)));
    return scene_job(&probe);
}

static void begin_with(const char *const *argv) {
    int job = probe_job(argv);
    scene_begin(&scene);
    scene.policy->probe = scene_pass(&scene, job);
    scene.policy->health_retries = 2;
    scene.policy->health_interval = 20 * MILLISECOND;
    scene.policy->health_start_interval = 20 * MILLISECOND;
    scene.policy->health_timeout = 10 * SECOND;
}

static void begin(const char *script) { begin_with((const char *const[]){"/bin/sh", "-c", script, NULL}); }

static bool start(void) {
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "read line");
    return scene_start(&scene);
}

static void end(void) {
    close(scene.fds[scene.policy->probe]);
    scene_end(&scene);
    close(probe.control_theirs);
    scene_end(&probe);
}

static struct health head;
static struct health_result last;

/* Waits for so many results, and reads the head and the last one. */
static bool hear(uint64_t results) {
    for (int tries = 0; tries < 2000; tries++) {
        ssize_t size;
        uint8_t *bytes = scene_file(&scene, HEALTH_NAME, &size);
        bool enough = size >= (ssize_t)sizeof head;
        if (enough)
            memcpy(&head, bytes, sizeof head);
        enough = enough && head.results >= results;
        if (enough && results > 0) {
            size_t at = sizeof head + (head.results - 1) % HEALTH_RESULTS * sizeof last;
            size_t room = (size_t)size - at;
            memset(&last, 0, sizeof last);
            memcpy(&last, bytes + at, room < sizeof last ? room : sizeof last);
        }
        free(bytes);
        if (enough)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 5 * MILLISECOND}, NULL);
    }
    return false;
}

static void healthy(void) {
    begin("echo out; echo err >&2");
    CHECK(start());
    CHECK(hear(0) && head.version == HEALTH_VERSION && head.status == HEALTH_STARTING);
    CHECK(hear(8));
    CHECK(head.status == HEALTH_HEALTHY && head.streak == 0 && head.changes == 1);
    CHECK(head.change[0].status == HEALTH_HEALTHY && head.change[0].time > 0);
    CHECK(last.status == 0 && last.size == 8 && memcmp(last.output, "out\nerr\n", 8) == 0);
    CHECK(last.start > 0 && last.end >= last.start && last.step == 0);
    end();
}

static void unhealthy(void) {
    begin("exit 7");
    CHECK(start());
    CHECK(hear(2));
    CHECK(head.status == HEALTH_UNHEALTHY && head.streak >= 2 && head.changes == 1 && last.status == 7);
    end();
}

static void too_long(void) {
    begin("echo begun; exec sleep 60");
    scene.policy->health_timeout = 50 * MILLISECOND;
    CHECK(start());
    CHECK(hear(1));
    CHECK(last.status == HEALTH_TIMED_OUT && last.size == 6 && memcmp(last.output, "begun\n", 6) == 0);
    end();
}

/* More than a pipe holds: the check is not held up, and 4096 bytes of it are kept. */
static void too_much(void) {
    begin("head -c 300000 /dev/zero | tr '\\0' x");
    CHECK(start());
    CHECK(hear(1));
    CHECK(last.status == 0 && last.size == HEALTH_OUTPUT + 1 && last.output[HEALTH_OUTPUT - 1] == 'x');
    end();
}

static void leaves_others(void) {
    begin("sleep 10 & echo done");
    CHECK(start());
    CHECK(hear(2));
    CHECK(last.status == 0 && last.size == 5);
    end();
}

static void no_program(void) {
    begin_with((const char *const[]){"/nowhere", NULL});
    CHECK(start());
    CHECK(hear(1));
    CHECK(last.step == 7 && last.error == ENOENT);
    end();
}

static void no_job(void) {
    begin("true");
    CHECK(ftruncate(scene.fds[scene.policy->probe], 16) == 0);
    CHECK(start());
    CHECK(hear(1));
    CHECK(last.step == 1 && last.error == ENOEXEC && head.streak >= 1);
    end();
}

/* The end of the program does not wait for a probe, and none is left behind. */
static void ends_with_program(void) {
    begin("echo $$; exec sleep 60");
    CHECK(start());
    nanosleep(&(struct timespec){.tv_nsec = 200 * MILLISECOND}, NULL);
    CHECK(write(scene.in[1], "\n", 1) == 1);
    CHECK(scene_exited(&scene) == 0);
    CHECK(scene_monitor_end(&scene) == 0);
    CHECK(hear(0) && head.results == 0);
    end();
}

/* ---- With a freezer: a directory of the test's with the file that tells. ---- */

static char freezer[] = "/tmp/bunker-freezer-XXXXXX";

static const char *in_freezer(const char *name) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", freezer, name);
    return path;
}

static bool freezer_says(const char *name, const char *text) {
    FILE *file = fopen(in_freezer(name), "we");
    return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* A check whose first run is as `first` says; the next ones succeed. */
static void begin_with_freezer(const char *first) {
    char script[256];
    memcpy(freezer + sizeof freezer - 7, "XXXXXX", 6);
    CHECK(mkdtemp(freezer) != NULL);
    snprintf(script, sizeof script, "test -e %s/first && exit 0; touch %s/first; %s", freezer, freezer, first);
    begin(script);
    scene.policy->cgroups = scene_list(&scene, (const char *const[]){freezer, NULL});
}

/* Waits until the first check runs. */
static bool begun(void) {
    for (int tries = 0; tries < 2000; tries++) {
        if (access(in_freezer("first"), F_OK) == 0)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 5 * MILLISECOND}, NULL);
    }
    return false;
}

/* The monitor removes the directory at its end; what is no cgroup's file would be in the way. */
static void end_with_freezer(const char *name) {
    unlink(in_freezer("first"));
    CHECK(unlink(in_freezer(name)) == 0);
    end();
    rmdir(freezer);
}

static void rest(unsigned milliseconds) { nanosleep(&(struct timespec){.tv_nsec = milliseconds * MILLISECOND}, NULL); }

static void frozen_with(const char *name, const char *frozen, const char *thawed) {
    begin_with_freezer("true");
    CHECK(freezer_says(name, frozen));
    CHECK(start());
    rest(200);
    CHECK(hear(0) && head.results == 0);
    CHECK(freezer_says(name, thawed));
    CHECK(hear(2) && head.status == HEALTH_HEALTHY);
    end_with_freezer(name);
}

static void frozen(void) {
    frozen_with("freezer.state", "FROZEN\n", "THAWED\n");
    frozen_with("freezer.state", "FREEZING\n", "THAWED\n");
    frozen_with("cgroup.freeze", "1\n", "0\n");
}

/* The check that is in the middle exceeds its time, and the next ones are well. */
static void frozen_meanwhile(void) {
    begin_with_freezer("exec sleep 60");
    scene.policy->health_retries = 1;
    scene.policy->health_timeout = 700 * MILLISECOND;
    CHECK(freezer_says("freezer.state", "THAWED\n"));
    CHECK(start());
    CHECK(begun());
    CHECK(freezer_says("freezer.state", "FROZEN\n"));
    rest(900);
    CHECK(hear(0) && head.results == 0);
    CHECK(freezer_says("freezer.state", "THAWED\n"));
    CHECK(hear(2) && head.status == HEALTH_HEALTHY && head.changes == 1);
    end_with_freezer("freezer.state");
}

/* The same, where it is thawed before its time is over: the mark tells. */
static void thawed_meanwhile(void) {
    begin_with_freezer("sleep 0.8; exit 1");
    scene.policy->health_retries = 1;
    CHECK(freezer_says("freezer.state", "THAWED\n"));
    CHECK(start());
    CHECK(begun());
    int mark = openat(scene.directory_fd, HEALTH_THAWED, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(mark >= 0 && close(mark) == 0);
    CHECK(hear(1) && head.status == HEALTH_HEALTHY && head.changes == 1);
    CHECK(faccessat(scene.directory_fd, HEALTH_THAWED, F_OK, 0) < 0);
    end_with_freezer("freezer.state");
}

CHECK_MAIN({"health: within the start period it is asked more often", intervals},
           {"health: failures count as docker counts them", judgements},
           {"health: a check that succeeds makes it healthy, and its output is kept", healthy},
           {"health: a check that fails makes it unhealthy after its retries", unhealthy},
           {"health: a check that takes too long is killed", too_long},
           {"health: a check that says too much is not held up", too_much},
           {"health: a check does not wait for those who hold its pipe", leaves_others},
           {"health: a check that cannot be executed is said with its step", no_program},
           {"health: what is no job is a failure", no_job}, {"health: of a frozen program nothing is checked", frozen},
           {"health: a check that is frozen in the middle says nothing but that it is well", frozen_meanwhile},
           {"health: nor does one that is thawed again", thawed_meanwhile},
           {"health: the end of the program ends the check", ends_with_program})
