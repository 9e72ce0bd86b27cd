/* One directory is open at a time. */
#include "walk.h"
#include "sys.h"
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define DT_DIR 4
#define SEEK_SET 0

/* For who makes directories faster than we go. */
#define STEPS 1000000
/* Levels of which it is known where to go on; below them a directory is searched from its beginning. */
#define LEVELS 64

/* struct linux_dirent64 (getdents64(2)) */
struct entry {
    uint64_t inode;
    int64_t next; /* the offset of the one that follows */
    uint16_t size;
    uint8_t type;
    char name[];
};

/* All of an entry with a name as long as a path: kernfs takes such names. */
#define ENTRY_SIZE (sizeof(struct entry) + PATH_MAX)

struct place {
    int directory;
    unsigned depth;
    int64_t offset;        /* where it goes on in the directory */
    int64_t child;         /* the offset of the child that was found, and its name */
    int64_t above[LEVELS]; /* by depth: that of the directory that was entered from there */
    char name[ENTRY_SIZE];
};

static bool is_child(const struct entry *entry) {
    const char *name = entry->name;
    bool dots = name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
    return entry->type == DT_DIR && !dots;
}

/* The next child, or that with this inode; 0: any. */
static bool find(struct place *place, uint64_t inode) {
    uint8_t bytes[ENTRY_SIZE] __attribute__((aligned(8)));
    long size;
    SYS(lseek, place->directory, place->offset, SEEK_SET);
    while ((size = SYS(getdents64, place->directory, bytes, sizeof bytes)) > 0)
        for (long at = 0; at < size;) {
            const struct entry *entry = (const struct entry *)(void *)(bytes + at);
            at += entry->size;
            place->child = place->offset;
            place->offset = entry->next;
            if (!is_child(entry) || (inode != 0 && entry->inode != inode))
                continue;
            memcpy(place->name, entry->name, strlen(entry->name) + 1);
            return true;
        }
    return false;
}

static bool go(struct place *place, const char *name) {
    long directory = SYS(openat, place->directory, name, DIRECTORY);
    if (directory < 0)
        return false;
    SYS(close, place->directory);
    place->directory = (int)directory;
    return true;
}

static bool enter(struct place *place, const struct visitor *visitor) {
    if (!go(place, place->name))
        return false;
    if (place->depth < LEVELS)
        place->above[place->depth] = place->child;
    place->depth++;
    place->offset = 0;
    if (visitor->enter != NULL)
        visitor->enter(place->directory);
    return true;
}

/* Up, to where it came from; what has been removed meanwhile is done with. False: there is no way. */
static bool leave(struct place *place, const struct visitor *visitor, bool *finished) {
    struct stat status = {0};
    if (visitor->leave != NULL)
        visitor->leave(place->directory);
    if (SYS(fstat, place->directory, &status) < 0 || !go(place, ".."))
        return false;
    place->depth--;
    int64_t offset = place->depth < LEVELS ? place->above[place->depth] : 0;
    place->offset = offset;
    if (!find(place, status.st_ino))
        place->offset = offset;
    else if (visitor->finish != NULL)
        *finished &= visitor->finish(place->directory, place->name);
    return true;
}

/* False: it was given up. */
static bool go_on(struct place *place, const struct visitor *visitor, bool *finished) {
    for (int step = 0; step < STEPS; step++)
        if (find(place, 0)) {
            if (visitor->finish == NULL || !visitor->finish(place->directory, place->name))
                *finished &= enter(place, visitor);
        } else if (place->depth == 0) {
            return true;
        } else if (!leave(place, visitor, finished)) {
            return false;
        }
    return false;
}

bool walk(int directory, const struct visitor *visitor) {
    struct place place;
    bool finished = true;
    place.directory = directory;
    place.depth = 0;
    place.offset = 0;
    if (visitor->enter != NULL)
        visitor->enter(directory);
    finished &= go_on(&place, visitor, &finished);
    if (visitor->leave != NULL)
        visitor->leave(place.directory);
    SYS(close, place.directory);
    return finished;
}
