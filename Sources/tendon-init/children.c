/* SPDX-License-Identifier: Apache-2.0 */
#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OWNER(link_pointer, member) \
  ((struct child *)((char *)(link_pointer)-offsetof(struct child, member)))

enum { FIRST_BUCKETS = 64 };

static void link_reset(struct link *link) {
  link->previous = link->next = link;
}

static void link_append(struct link *list, struct link *link) {
  link->previous = list->previous;
  link->next = list;
  list->previous->next = link;
  list->previous = link;
}

static void link_remove(struct link *link) {
  link->previous->next = link->next;
  link->next->previous = link->previous;
  link_reset(link);
}

bool children_init(struct children *children) {
  memset(children, 0, sizeof *children);
  link_reset(&children->all);
  link_reset(&children->news);
  children->buckets = calloc(FIRST_BUCKETS, sizeof *children->buckets);
  children->bucket_count = FIRST_BUCKETS;
  return children->buckets != NULL;
}

struct child *child_make(uint64_t epoch, const char *name, uint32_t name_length) {
  struct child *child = calloc(1, sizeof *child + name_length);
  if (!child)
    return NULL;
  link_reset(&child->in_all);
  link_reset(&child->in_news);
  child->epoch = epoch;
  child->name_length = name_length;
  memcpy(child->name, name, name_length);
  return child;
}

/* Pids are handed out one after the other, so they spread by themselves. */
static struct child **bucket_of(struct children *children, int pid) {
  return &children->buckets[(size_t)pid & (children->bucket_count - 1)];
}

static void put_in_bucket(struct children *children, struct child *child) {
  struct child **bucket = bucket_of(children, child->pid);
  child->next_in_bucket = *bucket;
  *bucket = child;
}

/* Without memory the buckets stay as they are: longer chains, nothing lost. */
static void grow(struct children *children) {
  struct child **buckets = calloc(children->bucket_count * 2, sizeof *buckets);
  if (!buckets)
    return;
  free(children->buckets);
  children->buckets = buckets;
  children->bucket_count *= 2;
  for (struct link *at = children->all.next; at != &children->all; at = at->next)
    put_in_bucket(children, OWNER(at, in_all));
}

void children_add(struct children *children, struct child *child) {
  if (children->running + children->unacknowledged >= children->bucket_count)
    grow(children);
  link_append(&children->all, &child->in_all);
  put_in_bucket(children, child);
  children->running++;
}

void children_restore(struct children *children, struct child *child, bool ended) {
  children_add(children, child);
  child->ended = ended;
  children->running -= ended;
  children->unacknowledged += ended;
}

/* Of those with this pid at most one runs; ended ones may have had it before. */
static struct child *find_running(struct children *children, int pid) {
  struct child *child = *bucket_of(children, pid);
  while (child && (child->pid != pid || child->ended))
    child = child->next_in_bucket;
  return child;
}

static int64_t now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void children_reap(struct children *children, bool tell) {
  for (;;) {
    int status;
    int pid = waitpid(-1, &status, WNOHANG | __WALL);
    if (pid < 0 && errno == EINTR)
      continue;
    if (pid <= 0)
      return;
    struct child *child = find_running(children, pid);
    if (!child)
      continue;
    child->ended = true;
    child->wait_status = status;
    child->exit_realtime_ns = now_ns(CLOCK_REALTIME);
    child->exit_boottime_ns = now_ns(CLOCK_BOOTTIME);
    children->running--;
    children->unacknowledged++;
    if (tell)
      link_append(&children->news, &child->in_news);
  }
}

enum acknowledged children_acknowledge(
    struct children *children, uint64_t epoch, int32_t pid, uint64_t start_time) {
  for (struct child **at = bucket_of(children, pid); *at; at = &(*at)->next_in_bucket) {
    struct child *child = *at;
    if (child->epoch != epoch || child->pid != pid || child->start_time != start_time)
      continue;
    if (!child->ended)
      return ACK_RUNNING;
    *at = child->next_in_bucket;
    link_remove(&child->in_all);
    link_remove(&child->in_news);
    free(child);
    children->unacknowledged--;
    return ACK_DONE;
  }
  return ACK_UNKNOWN;
}

void children_drop_news(struct children *children) {
  while (children->news.next != &children->news)
    link_remove(children->news.next);
}

void children_no_news_of(struct child *child) {
  link_remove(&child->in_news);
}

struct child *children_first_news(struct children *children) {
  struct link *first = children->news.next;
  return first == &children->news ? NULL : OWNER(first, in_news);
}

struct child *children_after(struct children *children, struct link *place) {
  return place->next == &children->all ? NULL : OWNER(place->next, in_all);
}

uint64_t process_start_time(int pid) {
  char path[32] = "/proc/";
  char digits[12];
  int count = 0;
  for (int rest = pid; rest > 0; rest /= 10)
    digits[count++] = (char)('0' + rest % 10);
  size_t at = 6;
  while (count > 0)
    path[at++] = digits[--count];
  memcpy(path + at, "/stat", 6);

  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  char text[1024];
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length > 0 ? length : 0] = 0;
  /* The program's name is in parentheses and may hold any of the characters around it. */
  const char *field = strrchr(text, ')');
  for (int number = 2; field && number < 22; number++)
    field = strchr(field + 1, ' ');
  uint64_t ticks = field ? strtoull(field + 1, NULL, 10) : 0;
  if (ticks == 0)
    errno = EPROTO;
  return ticks;
}
