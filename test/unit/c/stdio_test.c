/* The real helper with pipes: output, input, slow and dead readers, and a CLI that goes. */
#include "check.h"
#include "scene.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct scene scene;

/* Waits until `fd` is readable or closed at the other side. */
static void wait_for(int fd) {
    struct pollfd poll_one = {.fd = fd, .events = POLLIN};
    poll(&poll_one, 1, -1);
}

/* Reads until something that the program said. */
static bool hears(int fd, const char *text) {
    char bytes[256] = "";
    size_t used = 0;
    while (strstr(bytes, text) == NULL && used < sizeof bytes - 1) {
        ssize_t got = read(fd, bytes + used, sizeof bytes - 1 - used);
        if (got <= 0)
            return false;
        bytes[used += (size_t)got] = 0;
    }
    return strstr(bytes, text) != NULL;
}

/* Sleeps until a pipe holds as much as it can, or its writer has gone. */
static void wait_until_full(int fd) {
    int held = 0;
    while (ioctl(fd, FIONREAD, &held) == 0 && held < 65536 && waitpid(scene.monitor, NULL, WNOHANG | WNOWAIT) == 0)
        poll(NULL, 0, 1);
}

static size_t drain(int fd) {
    static char bytes[1 << 20];
    size_t all = 0;
    for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
        all += (size_t)got;
    return all;
}

static void output(void) {
    size_t size;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER, "printf out; printf err >&2; exit 7");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 7);
    uint8_t *out = read_all(scene.out[0], &size);
    CHECK(size == 3 && memcmp(out, "out", 3) == 0);
    free(out);
    uint8_t *err = read_all(scene.err[0], &size);
    CHECK(size == 3 && memcmp(err, "err", 3) == 0);
    free(err);
    CHECK(scene_monitor_end(&scene) == 0);
    scene_end(&scene);
}

/* Every size that ends just before, at and after a bound of ours. */
static void sizes(void) {
    static const size_t sizes[] = {1, 4095, 4096, 4097, 65535, 65536, 65537, 262144, 262145, 1000000};
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++) {
        char script[64];
        snprintf(script, sizeof script, "head -c %zu /dev/zero; printf E", sizes[at] - 1);
        scene_begin(&scene);
        scene.policy->log_driver = at % 2 ? LOG_LOCAL : LOG_NONE;
        scene.policy->log_directory = scene.policy->run_directory;
        scene_shell(&scene, SCENE_CALLER, script);
        CHECK(scene_start(&scene));
        size_t size;
        uint8_t *bytes = read_all(scene.out[0], &size);
        CHECK(size == sizes[at] && bytes[size - 1] == 'E');
        free(bytes);
        CHECK(scene_exited(&scene) == 0);
        CHECK(scene_monitor_end(&scene) == 0);
        scene_end(&scene);
    }
}

static void much_output(bool log) {
    scene_begin(&scene);
    if (log) {
        scene.policy->log_driver = LOG_LOCAL;
        scene.policy->log_directory = scene.policy->run_directory;
        scene.policy->log_max_size = 1 << 20;
        scene.policy->log_max_files = 2;
    }
    scene_program(&scene, SCENE_CALLER, (const char *const[]){"/usr/bin/head", "-c", "134217728", "/dev/zero", NULL});
    CHECK(scene_start(&scene));
    CHECK(drain(scene.out[0]) == 134217728);
    CHECK(scene_exited(&scene) == 0);
    scene_end(&scene);
}

static void much_unlogged(void) { much_output(false); }
static void much_logged(void) { much_output(true); }

static void input_reaches(void) {
    static char text[3000000];
    static char back[sizeof text];
    scene_begin(&scene);
    scene_program(&scene, SCENE_CALLER | SCENE_STDIN, (const char *const[]){"/bin/cat", NULL});
    CHECK(scene_start(&scene));
    for (size_t at = 0; at < sizeof text; at++)
        text[at] = (char)(at * 2654435761u >> 13);
    size_t sent = 0, got = 0;
    fcntl(scene.in[1], F_SETFL, O_NONBLOCK);
    while (got < sizeof text) {
        struct pollfd polls[2] = {{.fd = sent < sizeof text ? scene.in[1] : -1, .events = POLLOUT},
                                  {.fd = scene.out[0], .events = POLLIN}};
        poll(polls, 2, -1);
        if (polls[0].revents) {
            ssize_t n = write(scene.in[1], text + sent, sizeof text - sent);
            sent += n > 0 ? (size_t)n : 0;
        }
        if (polls[1].revents) {
            ssize_t n = read(scene.out[0], back + got, sizeof back - got);
            CHECK(n > 0);
            got += (size_t)n;
        }
    }
    close(scene.in[1]);
    scene.in[1] = -1;
    CHECK(memcmp(text, back, sizeof text) == 0);
    CHECK(scene_exited(&scene) == 0);
    scene_end(&scene);
}

static void closed_stdin(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "exec <&-; echo closed; exec sleep 60");
    CHECK(scene_start(&scene));
    CHECK(hears(scene.out[0], "closed\n"));
    /* The monitor lets go of the caller's stdin, so a writer there is told. */
    struct pollfd poll_one = {.fd = scene.in[1], .events = 0};
    CHECK(poll(&poll_one, 1, -1) == 1 && (poll_one.revents & POLLERR));
    kill(scene.program, SIGKILL);
    CHECK(scene_exited(&scene) == 137);
    scene_end(&scene);
}

static void unread_stdin(void) {
    char bytes[1000] = {0};
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "echo ready; exec sleep 60");
    CHECK(scene_start(&scene));
    fcntl(scene.in[1], F_SETFL, O_NONBLOCK);
    /* Fills every buffer on the way; signals and output still pass. */
    for (int quiet = 0; quiet < 20;) {
        quiet = write(scene.in[1], bytes, sizeof bytes) > 0 ? 0 : quiet + 1;
        if (quiet > 0)
            poll(NULL, 0, 1);
    }
    CHECK(hears(scene.out[0], "ready\n"));
    scene_send(&scene, PACKET_SIGNAL, SIGTERM, 0, NULL, 0);
    CHECK(scene_exited(&scene) == 143);
    scene_end(&scene);
}

static void input_by_packets(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER, "exit 0");
    scene.step_count = scene.relocation_count = 0;
    scene_program(&scene, SCENE_STDIN, (const char *const[]){"/usr/bin/wc", "-c", NULL});
    CHECK(scene_start(&scene));
    static char data[PACKET_DATA_MAX];
    for (int at = 0; at < 8; at++)
        scene_send(&scene, PACKET_INPUT, 0, 0, data, sizeof data);
    scene_send(&scene, PACKET_INPUT_END, 0, 0, NULL, 0);
    CHECK(hears(scene.out[0], "524288\n"));
    CHECK(scene_exited(&scene) == 0);
    scene_end(&scene);
}

static void bad_packets(void) {
    static uint8_t junk[PACKET_DATA_MAX + 100];
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER, "exec sleep 60");
    CHECK(scene_start(&scene));
    static const size_t sizes[] = {1, 11, 12, 13, sizeof junk};
    for (size_t at = 0; at < sizeof sizes / sizeof *sizes; at++)
        for (uint8_t version = 0; version < 3; version++) {
            junk[0] = version;
            junk[1] = at % 2 ? 99 : PACKET_RESIZE;
            CHECK(send(scene.control, junk, sizes[at], 0) == (ssize_t)sizes[at]);
        }
    scene_send(&scene, PACKET_SIGNAL, SIGKILL, 0, NULL, 0);
    CHECK(scene_exited(&scene) == 137);
    scene_end(&scene);
}

static void slow_stdout(void) {
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER, "head -c 1000000 /dev/zero & head -c 1000000 /dev/zero >&2; wait");
    CHECK(scene_start(&scene));
    /* stdout stalls, stderr does not. */
    wait_until_full(scene.out[0]);
    size_t all = 0;
    static char bytes[65536];
    while (all < 1000000) {
        ssize_t got = read(scene.err[0], bytes, sizeof bytes);
        CHECK(got > 0);
        all += (size_t)got;
    }
    CHECK(drain(scene.out[0]) == 1000000);
    CHECK(scene_exited(&scene) == 0);
    scene_end(&scene);
}

static void dead_reader(void) {
    ssize_t size;
    scene_begin(&scene);
    scene.policy->log_driver = LOG_LOCAL;
    scene.policy->log_directory = scene.policy->run_directory;
    scene_shell(&scene, SCENE_CALLER, "echo one; read line; head -c 300000 /dev/zero; exit 3");
    scene.step_count = scene.relocation_count = 0;
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "echo one; read line; head -c 300000 /dev/zero; exit 3");
    CHECK(scene_start(&scene));
    CHECK(hears(scene.out[0], "one\n"));
    close(scene.out[0]);
    scene.out[0] = -1;
    CHECK(write(scene.in[1], "\n", 1) == 1);
    CHECK(scene_exited(&scene) == 3);
    free(scene_file(&scene, "log", &size));
    CHECK(size > 300004);
    scene_end(&scene);
}

/* A caller's descriptor of each kind gets everything. */
static void kinds(void) {
    static const uint32_t kinds[] = {CALLER_SOCKET, CALLER_SHARED, CALLER_FILE};
    for (int at = 0; at < 3; at++) {
        int pair[2];
        scene_begin(&scene);
        if (kinds[at] == CALLER_SOCKET)
            CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        if (kinds[at] == CALLER_SHARED)
            CHECK(pipe2(pair, O_CLOEXEC) == 0);
        if (kinds[at] == CALLER_FILE) {
            pair[0] = openat(scene.directory_fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            pair[1] = openat(scene.directory_fd, "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            CHECK(write(pair[1], "before", 6) == 6);
        }
        scene.policy->caller[1] = scene_pass(&scene, pair[1]);
        scene.policy->caller_kind[1] = kinds[at];
        scene_shell(&scene, 0, "head -c 500000 /dev/zero; printf E");
        CHECK(scene_start(&scene));
        if (kinds[at] == CALLER_FILE)
            CHECK(scene_exited(&scene) == 0);
        CHECK(drain(pair[0]) == 500001 + (kinds[at] == CALLER_FILE ? 6u : 0u));
        if (kinds[at] != CALLER_FILE)
            CHECK(scene_exited(&scene) == 0);
        close(pair[0]);
        scene_end(&scene);
    }
}

/* O_NONBLOCK on a description that others share would be seen by them. */
static void shared_flags(void) {
    int pair[2];
    scene_begin(&scene);
    CHECK(pipe2(pair, O_CLOEXEC) == 0);
    int kept = fcntl(pair[1], F_DUPFD_CLOEXEC, 0);
    scene.policy->caller[1] = scene_pass(&scene, pair[1]);
    scene.policy->caller_kind[1] = CALLER_SHARED;
    scene_shell(&scene, 0, "echo x");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 0);
    CHECK(!(fcntl(kept, F_GETFL) & O_NONBLOCK));
    close(kept);
    close(pair[0]);
    scene_end(&scene);
}

/* Hang-up of the control socket, with output that nobody reads. */
static void hang_up(void) {
    ssize_t size;
    scene_begin(&scene);
    scene.policy->log_driver = LOG_LOCAL;
    scene.policy->log_directory = scene.policy->run_directory;
    scene_shell(&scene, SCENE_CALLER, "head -c 1000000 /dev/zero; echo end");
    CHECK(scene_start(&scene));
    wait_until_full(scene.out[0]);
    close(scene.control);
    scene.control = -1;
    CHECK(scene_monitor_end(&scene) == 0);
    free(scene_file(&scene, "log", &size));
    CHECK(size > 1000004);
    struct record *record = (struct record *)(void *)scene_file(&scene, "record", &size);
    CHECK(size == sizeof *record && record->status == 0);
    free(record);
    scene_end(&scene);
}

/* The CLI is killed: what reads its stdout sees the end at once, though the program runs on. */
static void killed_cli(void) {
    scene_begin(&scene);
    pid_t cli = fork();
    if (cli == 0) {
        pause();
        _exit(0);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, cli, 0);
    scene.policy->cli = scene_pass(&scene, pidfd);
    scene_shell(&scene, SCENE_CALLER, "echo ready; exec sleep 60");
    CHECK(scene_start(&scene));
    close(pidfd);
    CHECK(hears(scene.out[0], "ready\n"));
    kill(cli, SIGKILL);
    waitpid(cli, NULL, 0);
    CHECK(drain(scene.out[0]) == 0);
    CHECK(kill(scene.program, 0) == 0);
    /* Our end of the socket is still open, but the monitor has closed its own. */
    wait_for(scene.control);
    CHECK(scene_exited(&scene) == -1);
    kill(scene.program, SIGKILL);
    CHECK(scene_monitor_end(&scene) == 0);
    scene_end(&scene);
}

static void killed_cli_ends_input(void) {
    ssize_t size;
    scene_begin(&scene);
    scene.policy->log_driver = LOG_LOCAL;
    scene.policy->log_directory = scene.policy->run_directory;
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, "cat; echo the end");
    CHECK(scene_start(&scene));
    CHECK(write(scene.in[1], "text\n", 5) == 5);
    CHECK(hears(scene.out[0], "text\n"));
    close(scene.control);
    scene.control = -1;
    CHECK(scene_monitor_end(&scene) == 0);
    char *log = (char *)scene_file(&scene, "log", &size);
    CHECK(size == 2 * 20 + 5 + 8 && memcmp(log + 45 - 4, "the end\n", 8) == 0);
    free(log);
    scene_end(&scene);
}

/* Only 0 to 2, and what the monitor needs: others would pin what they belong to. */
static void descriptors(void) {
    const char *script = "read line; ls -l /proc/$PPID/fd | grep -c -- '->'; ls /proc/self/fd | wc -l";
    size_t size;
    scene_begin(&scene);
    int extra[2];
    CHECK(pipe2(extra, O_CLOEXEC) == 0);
    for (int at = 0; at < 10; at++)
        scene_pass(&scene, extra[1]);
    scene_shell(&scene, SCENE_CALLER | SCENE_STDIN, script);
    CHECK(scene_start(&scene));
    /* From now on: until the start is reported the monitor reads one pipe more. */
    CHECK(write(scene.in[1], "\n", 1) == 1);
    char *text = (char *)read_all(scene.out[0], &size);
    /* 0-2, control, attach socket, run directory, three callers, three pipes, the pidfd; ls: 0-2 and the directory. */
    CHECK(size >= 5 && memcmp(text, "13\n4\n", 5) == 0);
    free(text);
    CHECK(scene_exited(&scene) == 0);
    close(extra[0]);
    close(extra[1]);
    scene_end(&scene);
}

/* There may be a thousand: DESIGN allows 250 KB each, this is what it is worth to keep. */
static void idle_memory(void) {
    char name[64], line[256];
    long size = -1;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_CALLER, "echo ready; exec sleep 60");
    CHECK(scene_start(&scene));
    CHECK(hears(scene.out[0], "ready\n"));
    snprintf(name, sizeof name, "/proc/%d/smaps_rollup", scene.monitor);
    FILE *file = fopen(name, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL && sscanf(line, "Pss: %ld", &size) != 1)
        continue;
    if (file != NULL)
        fclose(file);
    /* Only root may look into a process that is not dumpable. */
    CHECK(size > 0 || geteuid() != 0);
    CHECK(size < 80);
    scene_end(&scene);
}

CHECK_MAIN({"stdout and stderr arrive apart, and the exit status", output},
           {"all of the output arrives, whatever its size", sizes}, {"128 MB arrive without a log", much_unlogged},
           {"128 MB arrive with a log that rotates", much_logged},
           {"stdin reaches the program byte for byte, and its end", input_reaches},
           {"a program that closes its stdin frees the caller's", closed_stdin},
           {"a program that does not read its stdin still gets signals", unread_stdin},
           {"input comes as packets, too", input_by_packets},
           {"packets that are none of ours are passed over", bad_packets},
           {"a reader of stdout that stalls does not hold up stderr", slow_stdout},
           {"a reader that has gone does not hurt the log", dead_reader},
           {"sockets, shared pipes and files of the caller's get everything", kinds},
           {"shared descriptions stay blocking", shared_flags},
           {"a hang-up drops what waits, and the program runs to its end", hang_up},
           {"a killed CLI's stdout is let go at once", killed_cli},
           {"a killed CLI is the end of the program's stdin", killed_cli_ends_input},
           {"an idle monitor holds less than 80 KB", idle_memory},
           {"the monitor keeps no descriptor that is not its own", descriptors})
