#include "scene.h"
#include "../../../ffi/shim/shim.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLICY_AT(member) (SCENE_POLICY + (uint32_t)offsetof(struct policy, member))

static void must(bool condition, const char *what) {
    if (condition)
        return;
    perror(what);
    exit(1);
}

uint32_t scene_bytes(struct scene *scene, const void *bytes, size_t size) {
    uint32_t at = (scene->used + 7u) & ~7u;
    must(at + size <= SCENE_DATA, "room in the scene's data");
    if (bytes != NULL)
        memcpy(scene->data + at, bytes, size);
    scene->used = at + (uint32_t)size;
    return at;
}

uint32_t scene_text(struct scene *scene, const char *text) { return scene_bytes(scene, text, strlen(text) + 1); }

static void relocate(struct scene *scene, uint32_t at, uint64_t to) {
    memcpy(scene->data + at, &to, sizeof to);
    scene->relocations[scene->relocation_count++] = at;
}

uint32_t scene_list(struct scene *scene, const char *const *list) {
    size_t count = 0;
    while (list[count] != NULL)
        count++;
    uint32_t at = scene_bytes(scene, NULL, (count + 1) * 8);
    for (size_t one = 0; one < count; one++)
        relocate(scene, at + (uint32_t)one * 8, scene_text(scene, list[one]));
    return at;
}

struct step *scene_step(struct scene *scene, long number, unsigned flags, const struct word *words, size_t count) {
    struct step *step = &scene->steps[scene->step_count++];
    step->number = (uint16_t)number;
    step->flags = (uint16_t)flags;
    for (size_t at = 0; at < count; at++) {
        step->kind[at] = words[at].kind;
        step->argument[at] = words[at].number;
    }
    return step;
}

int32_t scene_pass(struct scene *scene, int fd) {
    scene->fds[scene->count] = fd;
    return scene->count++;
}

static void make_directory(struct scene *scene) {
    strcpy(scene->directory, "/tmp/bunker-scene-XXXXXX");
    must(mkdtemp(scene->directory) != NULL, "mkdtemp");
    scene->directory_fd = open(scene->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void scene_begin(struct scene *scene) {
    int pair[2];
    memset(scene, 0, sizeof *scene);
    make_directory(scene);
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    scene->control = pair[0];
    scene->control_theirs = pair[1];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int at = 0; at < 3; at++)
        scene_pass(scene, null);
    scene_pass(scene, -1); /* the job */
    scene->used = SCENE_POLICY + sizeof(struct policy);
    struct policy *policy = (struct policy *)(void *)(scene->data + SCENE_POLICY);
    memset(policy, 0xff, sizeof *policy);
    *policy = (struct policy){
        .version = POLICY_VERSION,
        .control = scene_pass(scene, pair[1]),
        .cli = -1,
        .caller = {-1, -1, -1},
        .stdin_pipe = {-1, -1},
        .stdout_pipe = {-1, -1},
        .stderr_pipe = {-1, -1},
        .terminal_socket = {-1, -1},
        .report_pipe = {-1, -1},
        .sync = -1,
        .lock = -1,
        .home = -1,
        .log_directory = -1,
        .run_directory = scene_pass(scene, scene->directory_fd),
        .log_max_files = 1,
        .probe = -1,
        .oom_wake = -1,
        .oom_file = -1,
    };
    scene->policy = policy;
    scene->policy->log_name = scene_text(scene, "log");
    memset(scene->in, -1, sizeof scene->in);
    memset(scene->out, -1, sizeof scene->out);
    memset(scene->err, -1, sizeof scene->err);
}

static int own(int fd, int access) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return open(name, access | O_NONBLOCK | O_CLOEXEC);
}

static void pass_caller(struct scene *scene, int at, int fd, int access) {
    scene->policy->caller[at] = scene_pass(scene, own(fd, access));
    scene->policy->caller_kind[at] = CALLER_OWN;
}

static void pass_callers(struct scene *scene, unsigned flags) {
    must(pipe2(scene->out, O_CLOEXEC) == 0 && pipe2(scene->err, O_CLOEXEC) == 0, "pipe2");
    pass_caller(scene, 1, scene->out[1], O_WRONLY);
    pass_caller(scene, 2, scene->err[1], O_WRONLY);
    if (!(flags & SCENE_STDIN))
        return;
    must(pipe2(scene->in, O_CLOEXEC) == 0, "pipe2");
    pass_caller(scene, 0, scene->in[0], O_RDONLY);
}

static void clone_step(struct scene *scene, unsigned flag) {
    struct clone_args args = {.exit_signal = SIGCHLD};
    STEP(scene, SYS_clone3, flag, PLACE(scene_bytes(scene, &args, sizeof args)), VALUE(sizeof args));
}

static void pipes(struct scene *scene, unsigned flags) {
    if (flags & SCENE_STDIN)
        STEP(scene, SYS_pipe2, 0, PLACE(POLICY_AT(stdin_pipe)), VALUE(O_CLOEXEC));
    STEP(scene, SYS_pipe2, 0, PLACE(POLICY_AT(stdout_pipe)), VALUE(O_CLOEXEC));
    STEP(scene, SYS_pipe2, 0, PLACE(POLICY_AT(stderr_pipe)), VALUE(O_CLOEXEC));
}

static void use_pipes(struct scene *scene, unsigned flags) {
    if (flags & SCENE_STDIN)
        STEP(scene, SYS_dup3, 0, LOAD(POLICY_AT(stdin_pipe)), VALUE(0), VALUE(0));
    STEP(scene, SYS_dup3, 0, LOAD(POLICY_AT(stdout_pipe) + 4), VALUE(1), VALUE(0));
    STEP(scene, SYS_dup3, 0, LOAD(POLICY_AT(stderr_pipe) + 4), VALUE(2), VALUE(0));
}

static uint32_t rights_message(struct scene *scene, uint32_t *descriptor) {
    uint64_t iovec[2] = {0, 1}, control[3] = {20, (uint64_t)SCM_RIGHTS << 32 | SOL_SOCKET, 0}, message[7] = {0};
    message[3] = 1;
    message[5] = 24;
    uint32_t byte = scene_bytes(scene, "", 1);
    uint32_t part = scene_bytes(scene, iovec, sizeof iovec);
    uint32_t rights = scene_bytes(scene, control, sizeof control);
    uint32_t whole = scene_bytes(scene, message, sizeof message);
    relocate(scene, part, byte);
    relocate(scene, whole + 16, part);
    relocate(scene, whole + 32, rights);
    *descriptor = rights + 16;
    return whole;
}

static void use_terminal(struct scene *scene) {
    uint32_t master, message = rights_message(scene, &master), peer = scene_bytes(scene, NULL, 4);
    uint32_t zero = scene_bytes(scene, "\0\0\0", 4);
    STEP(scene, SYS_openat, STEP_STORE, VALUE(AT_FDCWD), PLACE(scene_text(scene, "/dev/ptmx")),
         VALUE(O_RDWR | O_NOCTTY | O_CLOEXEC))
        ->out = master;
    STEP(scene, SYS_ioctl, 0, LOAD(master), VALUE(TIOCSPTLCK), PLACE(zero));
    STEP(scene, SYS_ioctl, STEP_STORE, LOAD(master), VALUE(TIOCGPTPEER), VALUE(O_RDWR | O_NOCTTY | O_CLOEXEC))->out =
        peer;
    STEP(scene, SYS_sendmsg, 0, LOAD(POLICY_AT(terminal_socket) + 4), PLACE(message), VALUE(0));
    STEP(scene, SYS_close, 0, LOAD(master));
    STEP(scene, SYS_setsid, 0, VALUE(0));
    STEP(scene, SYS_ioctl, 0, LOAD(peer), VALUE(TIOCSCTTY), VALUE(0));
    for (int fd = 0; fd < 3; fd++)
        STEP(scene, SYS_dup3, 0, LOAD(peer), VALUE(fd), VALUE(0));
}

void scene_program(struct scene *scene, unsigned flags, const char *const *argv) {
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
    uint64_t none = 0;
    /* A test that fails leaves nothing running: the monitor ends with us, the program with the monitor. */
    STEP(scene, SYS_prctl, 0, VALUE(1), VALUE(SIGKILL));
    if (flags & SCENE_CALLER)
        pass_callers(scene, flags);
    if (flags & SCENE_TERMINAL) {
        scene->policy->flags |= POLICY_TERMINAL;
        STEP(scene, SYS_socketpair, 0, VALUE(AF_UNIX), VALUE(SOCK_DGRAM | SOCK_CLOEXEC), VALUE(0),
             PLACE(POLICY_AT(terminal_socket)));
    } else {
        pipes(scene, flags);
    }
    clone_step(scene, STEP_MONITOR);
    if (flags & SCENE_TERMINAL)
        use_terminal(scene);
    else
        use_pipes(scene, flags);
    STEP(scene, SYS_prctl, 0, VALUE(1), VALUE(SIGKILL)); /* PR_SET_PDEATHSIG */
    STEP(scene, SYS_close_range, 0, VALUE(3), VALUE(~0u), VALUE(4));
    STEP(scene, SYS_write, STEP_FULL, LOAD(POLICY_AT(report_pipe) + 4), PLACE(scene_text(scene, "R")), VALUE(1));
    if (flags & SCENE_INIT)
        clone_step(scene, STEP_INIT);
    STEP(scene, SYS_rt_sigprocmask, 0, VALUE(2), PLACE(scene_bytes(scene, &none, 8)), VALUE(0), VALUE(8));
    STEP(scene, SYS_execve, 0, PLACE(scene_text(scene, argv[0])), PLACE(scene_list(scene, argv)),
         PLACE(scene_list(scene, environment)));
}

void scene_shell(struct scene *scene, unsigned flags, const char *script) {
    scene_program(scene, flags, (const char *const[]){"/bin/sh", "-c", script, NULL});
}

int scene_job(const struct scene *scene) {
    struct job job = {.magic = JOB_MAGIC, .steps = sizeof job, .step_count = scene->step_count};
    job.relocations = job.steps + job.step_count * (uint32_t)sizeof(struct step);
    job.relocation_count = scene->relocation_count;
    job.data = (job.relocations + job.relocation_count * 4 + 15u) & ~15u;
    job.data_size = scene->used;
    job.size = job.data + job.data_size;
    job.policy = SCENE_POLICY;
    int fd = memfd_create("job", MFD_CLOEXEC);
    bool written = pwrite(fd, &job, sizeof job, 0) == sizeof job;
    written &= pwrite(fd, scene->steps, job.step_count * sizeof(struct step), job.steps) > 0;
    written &= pwrite(fd, scene->relocations, job.relocation_count * 4, job.relocations) >= 0;
    written &= pwrite(fd, scene->data, job.data_size, job.data) == (ssize_t)job.data_size;
    must(written, "write the job");
    return fd;
}

void scene_play(struct scene *scene) {
    static const char *const argv[] = {"bunker-monitor", "scene", NULL}, *const envp[] = {NULL};
    const char *path = getenv("BUNKER_HELPER");
    int helper = open(path != NULL ? path : "build/helper", O_RDONLY | O_CLOEXEC);
    must(helper >= 0, "open build/helper");
    int job = scene_job(scene);
    scene->fds[3] = job;
    struct spawn spawn = {
        .fds = scene->fds,
        .argv = (char *const *)(uintptr_t)argv,
        .envp = (char *const *)(uintptr_t)envp,
        .pidfd = &scene->monitor_pidfd,
        .nofile_soft = -1,
        .helper = helper,
        .count = scene->count,
    };
    scene->monitor = (pid_t)bunker_spawn(&spawn);
    errno = scene->monitor < 0 ? -scene->monitor : 0;
    must(scene->monitor > 0, "bunker_spawn");
    close(helper);
    close(job);
    close(scene->control_theirs);
    close(scene->fds[0]);
    for (int at = 0; at < 3; at++)
        if (scene->policy->caller[at] >= 0)
            close(scene->fds[scene->policy->caller[at]]);
    if (scene->out[1] >= 0)
        close(scene->out[1]);
    if (scene->err[1] >= 0)
        close(scene->err[1]);
    if (scene->in[0] >= 0)
        close(scene->in[0]);
    scene->out[1] = scene->err[1] = scene->in[0] = -1;
}

bool scene_receive(struct scene *scene, struct packet *packet, void *data, size_t size, size_t *got) {
    struct iovec parts[2] = {{packet, sizeof *packet}, {data, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t all = recvmsg(scene->control, &message, 0);
    if (all < (ssize_t)sizeof *packet || packet->version != PACKET_VERSION)
        return false;
    if (got != NULL)
        *got = (size_t)all - sizeof *packet;
    return true;
}

void scene_send(struct scene *scene, int type, int32_t value, int32_t extra, const void *data, size_t size) {
    struct packet packet = {.version = PACKET_VERSION, .type = (uint8_t)type, .value = value, .extra = extra};
    struct iovec parts[2] = {{&packet, sizeof packet}, {(void *)(uintptr_t)data, size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    must(sendmsg(scene->control, &message, MSG_NOSIGNAL) >= 0, "send a packet");
}

bool scene_start(struct scene *scene) {
    struct packet packet;
    scene_play(scene);
    if (!scene_receive(scene, &packet, NULL, 0, NULL) || packet.type != PACKET_FORKED)
        return false;
    scene->program = packet.value;
    return scene_receive(scene, &packet, NULL, 0, NULL) && packet.type == PACKET_STARTED &&
           packet.value == scene->program;
}

int scene_exited(struct scene *scene) {
    struct packet packet;
    static uint8_t data[PACKET_DATA_MAX];
    while (scene_receive(scene, &packet, data, sizeof data, NULL))
        if (packet.type == PACKET_EXITED)
            return packet.value;
    return -1;
}

int scene_monitor_end(struct scene *scene) {
    int status = 0;
    if (scene->monitor <= 0 || waitpid(scene->monitor, &status, 0) != scene->monitor)
        return -1;
    scene->monitor = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

uint8_t *read_all(int fd, size_t *size) {
    size_t capacity = 65536, used = 0;
    uint8_t *bytes = malloc(capacity);
    for (;;) {
        if (used == capacity)
            bytes = realloc(bytes, capacity *= 2);
        ssize_t got = read(fd, bytes + used, capacity - used);
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    *size = used;
    return bytes;
}

uint8_t *scene_file(struct scene *scene, const char *name, ssize_t *size) {
    int fd = openat(scene->directory_fd, name, O_RDONLY | O_CLOEXEC);
    *size = -1;
    if (fd < 0)
        return NULL;
    size_t all;
    uint8_t *bytes = read_all(fd, &all);
    close(fd);
    *size = (ssize_t)all;
    return bytes;
}

void scene_end(struct scene *scene) {
    int all[] = {scene->control, scene->in[1], scene->out[0], scene->err[0], scene->monitor_pidfd};
    for (size_t at = 0; at < sizeof all / sizeof *all; at++)
        if (all[at] >= 0)
            close(all[at]);
    if (scene->monitor > 0) {
        kill(scene->monitor, SIGKILL);
        waitpid(scene->monitor, NULL, 0);
    }
    DIR *directory = fdopendir(scene->directory_fd);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        unlinkat(scene->directory_fd, entry->d_name, 0);
    closedir(directory);
    rmdir(scene->directory);
}
