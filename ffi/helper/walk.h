/*
 * A walk through a tree of directories that somebody else has made, as deep, as
 * wide and with names as long as he likes: it takes no more memory and
 * descriptors the deeper it goes. Knows nothing of cgroups but that nobody can
 * move one to another parent, so that the way back is "..".
 */
#ifndef BUNKER_WALK_H
#define BUNKER_WALK_H

#include <stdbool.h>

/* What is done on the way; NULL: nothing. */
struct visitor {
    void (*enter)(int directory); /* also the one where it begins */
    void (*leave)(int directory); /* after all below it */
    /* A child, before it is entered and after it was left: true if there is nothing more to do. */
    bool (*finish)(int parent, const char *name);
};

/* True: every child was finished, before or after. Takes the descriptor, and closes it. */
bool walk(int directory, const struct visitor *visitor);

#endif
