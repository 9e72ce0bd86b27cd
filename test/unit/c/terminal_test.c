/* The real helper with a pty. */
#include "check.h"
#include "scene.h"
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

static struct scene scene;
static char said[1 << 22];
static size_t said_size;

/* Collects output until `text` is among it. */
static bool hears(const char *text) {
    struct packet packet;
    size_t got;
    while (memmem(said, said_size, text, strlen(text)) == NULL) {
        if (!scene_receive(&scene, &packet, said + said_size, sizeof said - said_size, &got))
            return false;
        if (packet.type != PACKET_OUTPUT)
            return false;
        said_size += got;
    }
    return true;
}

static void type(const char *text) { scene_send(&scene, PACKET_INPUT, 0, 0, text, strlen(text)); }

static bool start(unsigned flags, const char *script) {
    said_size = 0;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_TERMINAL | flags, script);
    return scene_start(&scene);
}

static void is_terminal(void) {
    CHECK(start(0, "test -t 0 -a -t 1 -a -t 2 && tty && exit 5"));
    CHECK(hears("/dev/pts/"));
    CHECK(scene_exited(&scene) == 5);
    CHECK(scene_monitor_end(&scene) == 0);
    scene_end(&scene);
}

static void input_and_size(void) {
    CHECK(start(0, "stty -echo; echo ready; while read line; do stty size; echo got $line; done"));
    CHECK(hears("ready\r\n"));
    scene_send(&scene, PACKET_RESIZE, 33, 77, NULL, 0);
    type("hello\n");
    CHECK(hears("33 77\r\ngot hello\r\n"));
    scene_send(&scene, PACKET_INPUT_END, 0, 0, NULL, 0); /* means nothing to a terminal */
    type("again\n");
    CHECK(hears("got again\r\n"));
    type("\4");
    CHECK(scene_exited(&scene) == 0);
    scene_end(&scene);
}

static void early_size(void) {
    said_size = 0;
    scene_begin(&scene);
    scene_shell(&scene, SCENE_TERMINAL, "read line; stty size");
    scene_send(&scene, PACKET_RESIZE, 11, 22, NULL, 0);
    CHECK(scene_start(&scene));
    type("\n");
    CHECK(hears("11 22\r\n"));
    CHECK(scene_exited(&scene) == 0);
    scene_end(&scene);
}

static void interrupt(void) {
    CHECK(start(0, "trap 'exit 6' INT; echo ready; while :; do sleep 0.01; done"));
    CHECK(hears("ready"));
    type("\3");
    CHECK(scene_exited(&scene) == 6);
    scene_end(&scene);
}

/* What seq says. */
static char expected[1300000];

static size_t count_to(int last) {
    char *at = expected;
    for (int number = 1; number <= last; number++)
        at += sprintf(at, "%d\n", number);
    return (size_t)(at - expected);
}

static void all_output(void) {
    size_t size = count_to(200000);
    CHECK(start(0, "stty -onlcr; seq 200000; exit 4"));
    struct packet packet;
    size_t got;
    while (scene_receive(&scene, &packet, said + said_size, sizeof said - said_size, &got) &&
           packet.type == PACKET_OUTPUT)
        said_size += got;
    CHECK(packet.type == PACKET_EXITED && packet.value == 4);
    CHECK(said_size == size && memcmp(said, expected, said_size) == 0);
    scene_end(&scene);
}

/* All sides of the pty are closed for a while: no busy loop, and what comes later is heard. */
static void closed_and_reopened(void) {
    CHECK(start(
        0, "name=$(tty); exec <&- >&- 2>&-; sleep 0.05; trap '' HUP; exec <$name >$name; echo again; read x; exit 8"));
    CHECK(hears("again"));
    type("\n");
    CHECK(scene_exited(&scene) == 8);
    scene_end(&scene);
}

static void logged(void) {
    ssize_t size;
    said_size = 0;
    scene_begin(&scene);
    scene.policy->log_driver = LOG_LOCAL;
    scene.policy->log_directory = scene.policy->run_directory;
    scene_shell(&scene, SCENE_TERMINAL, "echo out; echo err >&2");
    CHECK(scene_start(&scene));
    CHECK(scene_exited(&scene) == 0);
    char *log = (char *)scene_file(&scene, "log", &size);
    CHECK(size > 20 && log[4] == 1 && memcmp(log + 16, "out\r\n", 5) == 0);
    free(log);
    scene_end(&scene);
}

/*
 * The CLI stalls, so that the socket is full of output when the program ends:
 * its record is there, and all of it is delivered afterwards, EXITED last.
 */
static void stalled(void) {
    ssize_t size;
    count_to(100000);
    CHECK(start(0, "stty -onlcr; trap '' HUP; seq 100000; exec sleep 60"));
    /* Until nothing moves: the monitor sleeps, waiting for us. */
    for (int before = 0, now = 0, same = 0; same < 20; poll(NULL, 0, 1)) {
        ioctl(scene.control, FIONREAD, &now);
        same = now > 0 && now == before ? same + 1 : 0;
        before = now;
    }
    kill(scene.program, SIGKILL);
    CHECK(scene_monitor_end(&scene) == 0);
    struct record *record = (struct record *)(void *)scene_file(&scene, "record", &size);
    CHECK(size == sizeof *record && record->status == 137);
    free(record);
    struct packet packet;
    size_t got;
    while (scene_receive(&scene, &packet, said + said_size, sizeof said - said_size, &got) &&
           packet.type == PACKET_OUTPUT)
        said_size += got;
    CHECK(packet.type == PACKET_EXITED && packet.value == 137);
    CHECK(said_size > 4096 && memcmp(said, expected, said_size) == 0);
    scene_end(&scene);
}

static void detached(void) {
    CHECK(start(0, "stty -echo; echo ready; while read line; do echo got $line; done"));
    CHECK(hears("ready"));
    close(scene.control);
    scene.control = -1;
    struct pollfd poll_one = {.fd = scene.monitor_pidfd, .events = POLLIN};
    CHECK(poll(&poll_one, 1, 50) == 0); /* it runs on */
    kill(scene.program, SIGKILL);
    CHECK(scene_monitor_end(&scene) == 0);
    scene_end(&scene);
}

static void with_init(void) {
    CHECK(start(SCENE_INIT, "echo hello; exit 3"));
    CHECK(hears("hello\r\n"));
    CHECK(scene_exited(&scene) == 3);
    scene_end(&scene);
}

CHECK_MAIN({"the program has a terminal", is_terminal},
           {"keys and the window's size reach the program", input_and_size},
           {"a size that comes before the start is not lost", early_size}, {"ctrl-c interrupts the program", interrupt},
           {"a million bytes arrive in order, then the status", all_output},
           {"a terminal that nobody has open is not hung up for good", closed_and_reopened},
           {"a terminal's output is logged as stdout", logged},
           {"a CLI that stalls does not hold up the record", stalled},
           {"a CLI that leaves leaves the program running", detached}, {"--init with a terminal", with_init})
