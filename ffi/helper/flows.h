/*
 * Connection tracking's memory of UDP: a conversation with a published port goes
 * on to the container's address for minutes after its end, whoever has that
 * address by then, and reaches ports of it that nobody has published.
 */
#ifndef BUNKER_FLOWS_H
#define BUNKER_FLOWS_H

#include "tape.h"

/* Forgets what leads from published UDP ports to a container. After nothing leads new ones there. */
void flows_forget(const struct port *ports, uint32_t count);

#endif
