/* Swaps pairs of names for ever (RENAME_EXCHANGE): at any moment each is one or the other. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXCHANGE 2

int main(int count, char **words) {
    for (unsigned long rounds = 0;; rounds++) {
        for (int at = 1; at + 1 < count; at += 2) {
            /* One may be missing for a moment: what is copied there replaces it. */
            syscall(SYS_renameat2, AT_FDCWD, words[at], AT_FDCWD, words[at + 1], EXCHANGE);
        }
        if (rounds == 0)
            puts("swapping");
        fflush(stdout);
    }
}
