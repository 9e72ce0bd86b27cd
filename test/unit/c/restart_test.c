/* What follows the end of a program: the delay by the policy's numbers, and the process that sleeps it. */
#include "../../../ffi/helper/restart.h"
#include "../../../ffi/helper/stat.h"
#include "check.h"
#include "scene.h"
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SECOND 1000000000u
#define TENTH 100000000u

static struct scene scene;

static const struct policy always = {
    .flags = POLICY_RESTART, .delay = 4 * (uint64_t)TENTH, .first_delay = TENTH, .good_run = 10 * (uint64_t)SECOND};

static void delays(void) {
    struct policy policy = always;
    CHECK(restart_delay(&policy, 0, 0, SECOND) == 4 * TENTH);
    CHECK(restart_delay(&policy, 1, 0, 10 * (uint64_t)SECOND - 1) == 4 * TENTH);
    CHECK(restart_delay(&policy, 1, 0, 10 * (uint64_t)SECOND) == TENTH);
    /* A clock that was set back. */
    CHECK(restart_delay(&policy, 1, 20 * (uint64_t)SECOND, 0) == 4 * TENTH);
    policy.flags |= POLICY_ON_FAILURE;
    CHECK(restart_delay(&policy, 0, 0, SECOND) == -1);
    CHECK(restart_delay(&policy, 137, 0, SECOND) == 4 * TENTH);
    policy.flags = POLICY_REMOVE;
    CHECK(restart_delay(&policy, 1, 0, SECOND) == -1);
}

/* A program whose end is to run `touch woken` in the scene's directory after a while. */
static void begin(const char *script, uint64_t delay) {
    static char woken[128];
    scene_begin(&scene);
    snprintf(woken, sizeof woken, "%s/woken", scene.directory);
    scene.policy->flags |= POLICY_RESTART;
    scene.policy->delay = scene.policy->first_delay = delay;
    scene.policy->good_run = SECOND;
    scene.policy->cleanup = scene_list(&scene, (const char *const[]){"/usr/bin/touch", woken, NULL});
    scene.policy->cleanup_environment = scene_list(&scene, (const char *const[]){"PATH=/usr/bin:/bin", NULL});
    scene_shell(&scene, SCENE_CALLER, script);
}

static bool is_woken(void) {
    struct stat status;
    return fstatat(scene.directory_fd, "woken", &status, 0) == 0;
}

static void wakes(void) {
    ssize_t size;
    begin("exit 3", TENTH);
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 3);
    CHECK(scene_monitor_end(&scene) == 0);
    /* The monitor is gone at once; who sleeps stands in the record, by pid and start. */
    CHECK(!is_woken());
    struct record *records = (struct record *)(void *)scene_file(&scene, "record", &size);
    CHECK(size == 2 * sizeof *records && records[0].kind == RECORD_DIED && records[0].status == 3);
    CHECK(records[1].kind == RECORD_WAITS && records[1].version == RECORD_VERSION);
    CHECK(records[1].time == stat_start_of(records[1].status));
    free(records);
    for (int tries = 0; tries < 1000 && !is_woken(); tries++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    CHECK(is_woken());
    scene_end(&scene);
}

static void can_be_cancelled(void) {
    ssize_t size;
    begin("exit 3", SECOND / 2);
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 3);
    CHECK(scene_monitor_end(&scene) == 0);
    struct record *records = (struct record *)(void *)scene_file(&scene, "record", &size);
    CHECK(size == 2 * sizeof *records);
    CHECK(kill(records[1].status, SIGKILL) == 0);
    free(records);
    nanosleep(&(struct timespec){.tv_nsec = SECOND - 1}, NULL);
    CHECK(!is_woken());
    scene_end(&scene);
}

static void leaves_nobody(void) {
    ssize_t size;
    begin("exit 0", TENTH);
    scene.policy->flags |= POLICY_ON_FAILURE;
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 0);
    CHECK(scene_monitor_end(&scene) == 0);
    free(scene_file(&scene, "record", &size));
    CHECK(size == sizeof(struct record));
    scene_end(&scene);
}

/* A program is killed after its monitor was told `after`: so many records are left. */
static void change(unsigned before, unsigned after, size_t size, size_t records_left) {
    const struct restart_rule rule = {.delay = 60 * (uint64_t)SECOND, .first_delay = SECOND, .good_run = SECOND};
    ssize_t got;
    begin("sleep 60", 60 * (uint64_t)SECOND);
    scene.policy->flags = (scene.policy->flags & ~(unsigned)POLICY_RESTART) | before;
    CHECK(scene_start(&scene));
    scene_send(&scene, PACKET_RESTART, (int32_t)after, 0, &rule, size);
    scene_send(&scene, PACKET_SIGNAL, SIGKILL, 0, NULL, 0);
    CHECK(scene_exited(&scene) == 137);
    CHECK(scene_monitor_end(&scene) == 0);
    struct record *records = (struct record *)(void *)scene_file(&scene, "record", &got);
    size_t count = (size_t)got / sizeof *records;
    CHECK(count == records_left);
    if (count == 2)
        CHECK(records[1].kind == RECORD_WAITS && kill(records[1].status, SIGKILL) == 0);
    free(records);
    scene_end(&scene);
}

static void can_be_changed(void) {
    size_t whole = sizeof(struct restart_rule);
    change(0, POLICY_RESTART, whole, 2);
    change(0, POLICY_RESTART | POLICY_ON_FAILURE, whole, 2);
    change(POLICY_RESTART, 0, whole, 1);
    /* What is no rule changes nothing, and no other flag can be set so. */
    change(0, POLICY_RESTART, whole - 1, 1);
    change(0, POLICY_REMOVE, whole, 1);
    struct policy policy = always;
    const struct restart_rule rule = {.delay = 2 * SECOND, .first_delay = SECOND, .good_run = 3 * (uint64_t)SECOND};
    restart_change(&policy, POLICY_RESTART | POLICY_ON_FAILURE | POLICY_EXEC, (const uint8_t *)&rule, sizeof rule);
    CHECK(policy.flags == (POLICY_RESTART | POLICY_ON_FAILURE));
    CHECK(restart_delay(&policy, 1, 0, SECOND) == 2 * (int64_t)SECOND);
    CHECK(restart_delay(&policy, 1, 0, 3 * (uint64_t)SECOND) == SECOND);
}

CHECK_MAIN({"--restart: the delay is the policy's, shorter after a good run", delays},
           {"--restart: a process sleeps the delay and becomes bunker; the monitor does not wait", wakes},
           {"--restart: killed, it wakes nobody", can_be_cancelled},
           {"--restart on-failure: after a success nobody waits", leaves_nobody},
           {"update --restart: the monitor takes over another policy, and nothing else", can_be_changed})
