/*
 * Our table of nf_tables has changed as it should: the next start need not look
 * whether somebody else has done it (src/network/firewall.ts).
 */
#ifndef BUNKER_FIREWALL_H
#define BUNKER_FIREWALL_H

#include <stdint.h>

/* What the kernel counts: one more after each transaction of anybody's. Negative: it does not say. */
int64_t firewall_generation(int socket);

/* Opens the note and locks it; -1: there is none, or somebody is at the table just now. */
int firewall_open(int run_directory);

/*
 * The table was right at the count `before`, and one transaction of ours has made it `after`: noted, if the note says
 * just that of the socket's network namespace.
 */
void firewall_note(int note, int socket, int64_t before, int64_t after);

#endif
