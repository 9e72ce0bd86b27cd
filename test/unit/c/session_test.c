/*
 * bunker_session in a child whose terminal is a pty of ours: the test is the
 * terminal on one side and the monitor on the other.
 */
#include "../../../ffi/helper/tape.h"
#include "../../../ffi/shim/shim.h"
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>

static const uint8_t detach_keys[] = {16, 17};
static struct session *shared; /* what the child's session says, readable after its end */
static int master, slave, control;
static pid_t child;
static struct termios modes;

static void run_child(int socket, bool terminal, uint32_t flags) {
    int out = terminal ? slave : -1;
    shared->detach_keys = detach_keys;
    shared->detach_count = 2;
    shared->control = socket;
    shared->input = out;
    shared->output[0] = out;
    shared->output[1] = -1;
    shared->program = -1;
    shared->flags = flags | (terminal ? SESSION_PTY | SESSION_RAW : 0u);
    if (terminal) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
    }
    close(master);
    close(control);
    signal(SIGPIPE, SIG_IGN);
    _exit(bunker_session(shared) == 0 ? 0 : 1);
}

static bool begin(bool terminal, uint32_t flags) {
    int pair[2];
    struct winsize size = {.ws_row = 12, .ws_col = 34};
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (openpty(&master, &slave, NULL, NULL, &size) < 0 || tcgetattr(slave, &modes) < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return false;
    control = pair[0];
    child = fork();
    if (child == 0)
        run_child(pair[1], terminal, flags);
    close(pair[1]);
    return child > 0;
}

static bool restored(void) {
    struct termios now;
    return tcgetattr(slave, &now) == 0 && now.c_lflag == modes.c_lflag && now.c_iflag == modes.c_iflag &&
           now.c_oflag == modes.c_oflag;
}

static bool is_raw(void) {
    struct termios now;
    return tcgetattr(slave, &now) == 0 && !(now.c_lflag & (ICANON | ECHO | ISIG)) && !(now.c_oflag & OPOST);
}

static bool receive(uint8_t type, struct packet *packet, char *data) {
    char bytes[sizeof *packet + PACKET_DATA_MAX];
    ssize_t got = recv(control, bytes, sizeof bytes, 0);
    if (got < (ssize_t)sizeof *packet)
        return false;
    memcpy(packet, bytes, sizeof *packet);
    if (data != NULL) {
        memcpy(data, bytes + sizeof *packet, (size_t)got - sizeof *packet);
        data[(size_t)got - sizeof *packet] = 0;
    }
    return packet->type == type && packet->version == PACKET_VERSION;
}

static void send_packet(uint8_t type, int32_t value, const char *data) {
    char bytes[sizeof(struct packet) + PACKET_DATA_MAX];
    struct packet packet = {.version = PACKET_VERSION, .type = type, .value = value};
    memcpy(bytes, &packet, sizeof packet);
    memcpy(bytes + sizeof packet, data, strlen(data));
    if (send(control, bytes, sizeof packet + strlen(data), 0) < 0)
        perror("send");
}

static bool shows(const char *text) {
    char bytes[1024] = "";
    size_t used = 0;
    while (strstr(bytes, text) == NULL && used < sizeof bytes - 1) {
        ssize_t got = read(master, bytes + used, sizeof bytes - 1 - used);
        if (got <= 0)
            return false;
        bytes[used += (size_t)got] = 0;
    }
    return true;
}

/* Waits for the session's end; true if it was this one. */
static bool ended(int how, int status) {
    int word;
    bool good = waitpid(child, &word, 0) == child && WIFEXITED(word) && WEXITSTATUS(word) == 0;
    return good && shared->ended == how && shared->status == status;
}

static void end(void) {
    munmap(shared, sizeof *shared);
    if (control >= 0)
        close(control);
    if (master >= 0)
        close(master);
    close(slave);
}

static void without_terminal(void) {
    CHECK(begin(false, 0));
    send_packet(PACKET_STARTED, 1, "");
    send_packet(99, 0, "");
    send_packet(PACKET_EXITED, 42, "");
    CHECK(ended(SESSION_EXITED, 42));
    end();
}

static void monitor_gone(void) {
    CHECK(begin(false, 0));
    close(control);
    control = -1;
    CHECK(ended(SESSION_MONITOR_GONE, 0));
    end();
}

/* The monitor closes with something of ours unread: its last words still count. */
static void reset(void) {
    struct packet packet;
    CHECK(begin(true, 0));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    CHECK(write(master, "unread", 6) == 6);
    struct pollfd poll_one = {.fd = control, .events = POLLIN};
    CHECK(poll(&poll_one, 1, -1) == 1);
    send_packet(PACKET_OUTPUT, 0, "last words");
    send_packet(PACKET_EXITED, 3, "");
    close(control);
    control = -1;
    CHECK(shows("last words"));
    CHECK(ended(SESSION_EXITED, 3));
    end();
}

static void forwarded(void) {
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT};
    struct packet packet;
    CHECK(begin(true, 0)); /* only to know when handlers stand: below without a terminal */
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    send_packet(PACKET_EXITED, 0, "");
    CHECK(ended(SESSION_EXITED, 0));
    end();
    CHECK(begin(false, SESSION_FORWARD_SIGNALS));
    /* Until its handlers stand a signal would end the child: /proc says when they do. */
    char name[64], line[256];
    unsigned long long caught = 0;
    snprintf(name, sizeof name, "/proc/%d/status", child);
    while (!(caught >> (SIGUSR2 - 1) & 1) || !(caught >> (SIGRTMAX - 1) & 1)) {
        FILE *file = fopen(name, "r");
        while (fgets(line, sizeof line, file) != NULL)
            if (sscanf(line, "SigCgt: %llx", &caught) == 1)
                break;
        fclose(file);
    }
    CHECK(!(caught >> (SIGCHLD - 1) & 1) && !(caught >> (SIGPIPE - 1) & 1) && !(caught >> (SIGURG - 1) & 1));
    CHECK(!(caught >> (SIGTSTP - 1) & 1) && !(caught >> (SIGPWR - 1) & 1) && !(caught >> (SIGSYS - 1) & 1));
    for (size_t at = 0; at < sizeof signals / sizeof *signals; at++) {
        kill(child, signals[at]);
        CHECK(receive(PACKET_SIGNAL, &packet, NULL) && packet.value == signals[at]);
    }
    send_packet(PACKET_EXITED, 143, "");
    CHECK(ended(SESSION_EXITED, 143));
    end();
}

static void raw_terminal(void) {
    struct packet packet;
    char data[256];
    CHECK(begin(true, 0));
    CHECK(receive(PACKET_RESIZE, &packet, NULL) && packet.value == 12 && packet.extra == 34);
    CHECK(is_raw());
    CHECK(write(master, "a\3\32\r", 4) == 4);
    CHECK(receive(PACKET_INPUT, &packet, data) && strcmp(data, "a\3\32\r") == 0);
    send_packet(PACKET_OUTPUT, 0, "hello\r\n");
    CHECK(shows("hello\r\n"));
    struct winsize size = {.ws_row = 50, .ws_col = 132};
    CHECK(ioctl(master, TIOCSWINSZ, &size) == 0);
    CHECK(receive(PACKET_RESIZE, &packet, NULL) && packet.value == 50 && packet.extra == 132);
    send_packet(PACKET_EXITED, 7, "");
    CHECK(ended(SESSION_EXITED, 7));
    CHECK(restored());
    end();
}

static void detaching(void) {
    struct packet packet;
    char data[256];
    CHECK(begin(true, SESSION_FORWARD_SIGNALS));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    CHECK(write(master, "x\20y", 3) == 3);
    CHECK(receive(PACKET_INPUT, &packet, data) && strcmp(data, "x\20y") == 0);
    CHECK(write(master, "z\20\21after", 8) == 8);
    CHECK(receive(PACKET_INPUT, &packet, data) && strcmp(data, "z") == 0);
    CHECK(ended(SESSION_DETACHED, 0));
    CHECK(restored());
    end();
}

static void signal_ends(int number, uint32_t flags) {
    struct packet packet;
    CHECK(begin(true, flags));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    kill(child, number);
    CHECK(ended(SESSION_TERMINAL_GONE, number));
    CHECK(restored());
    end();
}

static void signals_end_session(void) {
    signal_ends(SIGTERM, 0);
    if (check_failed == NULL)
        signal_ends(SIGINT, 0);
    if (check_failed == NULL)
        signal_ends(SIGQUIT, 0);
    if (check_failed == NULL)
        signal_ends(SIGHUP, SESSION_FORWARD_SIGNALS);
}

static void forwarded_raw(void) {
    struct packet packet;
    CHECK(begin(true, SESSION_FORWARD_SIGNALS));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    kill(child, SIGTERM);
    CHECK(receive(PACKET_SIGNAL, &packet, NULL) && packet.value == SIGTERM);
    send_packet(PACKET_EXITED, 143, "");
    CHECK(ended(SESSION_EXITED, 143));
    CHECK(restored());
    end();
}

static void hang_up(void) {
    struct packet packet;
    CHECK(begin(true, SESSION_FORWARD_SIGNALS));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    close(slave);
    close(master);
    master = -1;
    CHECK(ended(SESSION_TERMINAL_GONE, SIGHUP));
    CHECK(recv(control, &packet, sizeof packet, 0) == 0); /* nothing was forwarded */
    slave = open("/dev/null", O_RDWR);
    end();
}

static void stopped(void) {
    struct packet packet;
    int status;
    CHECK(begin(true, SESSION_FORWARD_SIGNALS));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    kill(child, SIGTSTP);
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
    CHECK(restored());
    kill(child, SIGCONT);
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    CHECK(is_raw());
    send_packet(PACKET_EXITED, 0, "");
    CHECK(ended(SESSION_EXITED, 0));
    CHECK(restored());
    end();
}

/* The monitor does not read: keys are kept, and signals are still heard. */
static void slow_monitor(void) {
    struct packet packet;
    char data[PACKET_DATA_MAX + 1];
    CHECK(begin(true, 0));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    fcntl(master, F_SETFL, O_NONBLOCK);
    size_t typed = 0, heard = 0;
    for (int quiet = 0; quiet < 20;) {
        char bytes[512];
        for (size_t at = 0; at < sizeof bytes; at++)
            bytes[at] = (char)('a' + (typed + at) % 26);
        ssize_t put = write(master, bytes, sizeof bytes);
        typed += put > 0 ? (size_t)put : 0;
        quiet = put > 0 ? 0 : quiet + 1;
        if (quiet > 0)
            poll(NULL, 0, 1);
    }
    fcntl(master, F_SETFL, 0);
    while (heard < typed) {
        CHECK(receive(PACKET_INPUT, &packet, data));
        for (size_t at = 0; data[at] != 0; at++, heard++)
            CHECK(data[at] == (char)('a' + heard % 26));
    }
    kill(child, SIGTERM);
    CHECK(ended(SESSION_TERMINAL_GONE, SIGTERM));
    CHECK(restored());
    end();
}

/* The terminal does not read: signals are still heard, and the terminal is restored. */
static void stalled_terminal(void) {
    struct packet packet;
    char text[60001];
    CHECK(begin(true, 0));
    CHECK(receive(PACKET_RESIZE, &packet, NULL));
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (int round = 0; round < 3; round++)
        send_packet(PACKET_OUTPUT, 0, text);
    kill(child, SIGTERM);
    CHECK(ended(SESSION_TERMINAL_GONE, SIGTERM));
    CHECK(restored());
    end();
}

CHECK_MAIN({"without a terminal the session ends with the program's status", without_terminal},
           {"a monitor that is gone without a word is said", monitor_gone},
           {"what the monitor said last counts, though it left input unread", reset},
           {"signals are forwarded, but for those of the runtime", forwarded},
           {"the terminal is raw, keys and sizes go in, output comes out, and it is restored", raw_terminal},
           {"the detach keys end the session", detaching},
           {"a signal that is not forwarded ends the session and restores the terminal", signals_end_session},
           {"a signal is forwarded with a terminal, too", forwarded_raw},
           {"a hang-up of the terminal ends the session, not the program", hang_up},
           {"a stopped session gives the terminal back, and takes it again", stopped},
           {"keys are kept while the monitor does not read", slow_monitor},
           {"a stalled terminal does not keep signals from being heard", stalled_terminal})
