/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_CHILDREN_H
#define TENDON_CHILDREN_H

/* The children of this process, and those that ended and are not acknowledged yet. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in a list; one that points to itself is in none. */
struct link {
  struct link *previous;
  struct link *next;
};

struct child {
  /* In children.all: running and ended, in the order they were started. */
  struct link in_all;
  /* In children.news while its exit has to be sent to the client. */
  struct link in_news;
  /* By pid, which one that runs and ones that ended may share. */
  struct child *next_in_bucket;
  uint64_t epoch;
  uint64_t start_time;
  int64_t exit_realtime_ns;
  int64_t exit_boottime_ns;
  int32_t pid;
  int32_t wait_status;
  bool ended;
  uint32_t name_length;
  /* With its NUL. */
  char name[];
};

struct children {
  struct link all;
  struct link news;
  struct child **buckets;
  size_t bucket_count;
  uint32_t running;
  uint32_t unacknowledged;
};

/* false: no memory. */
bool children_init(struct children *children);

/* A record that is in no list yet, to be had before the child is started; NULL: no memory. */
struct child *child_make(uint64_t epoch, const char *name, uint32_t name_length);

/* Takes over the record of a child that runs. */
void children_add(struct children *children, struct child *child);

/* The same for one that an image before us has kept: it runs, or its end is not acknowledged. */
void children_restore(struct children *children, struct child *child, bool ended);

/*
 * Reaps all that can be reaped. Ends of our own children are kept, and queued as news if `tell`;
 * orphans that were handed to us are only reaped.
 */
void children_reap(struct children *children, bool tell);

enum acknowledged { ACK_DONE, ACK_UNKNOWN, ACK_RUNNING };
enum acknowledged children_acknowledge(
    struct children *children, uint64_t epoch, int32_t pid, uint64_t start_time);

/* The client is gone: the next one asks for a list. */
void children_drop_news(struct children *children);
void children_no_news_of(struct child *child);

/* The first child whose end has to be sent, or NULL. */
struct child *children_first_news(struct children *children);

/* The child after this place in children.all, or NULL. */
struct child *children_after(struct children *children, struct link *place);

/* Field 22 of /proc/PID/stat; 0 and errno when it could not be read. */
uint64_t process_start_time(int pid);

#endif
