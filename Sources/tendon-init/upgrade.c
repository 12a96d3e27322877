/* SPDX-License-Identifier: Apache-2.0 */
#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * What is in the memfd: a head, the socket's path, then each child with its name, all in the order
 * they were started. The lengths of both structs are written too: a later version adds fields at
 * their ends, which an earlier one skips and, where they are missing, a later one reads as zero.
 */
enum { ENDING = 1, NAME_SPACE = TENDON_INIT_MAX_NAME, CHECK_MS = 5000 };
static const char MAGIC[8] = "tendon1";

struct saved_head {
  char magic[8];
  uint32_t head_length;
  uint32_t child_length;
  uint32_t count;
  uint32_t flags;
  int32_t listener;
  int32_t lock;
  int32_t client;
  uint32_t path_length;
};

struct saved_child {
  uint64_t epoch;
  uint64_t start_time;
  int64_t exit_realtime_ns;
  int64_t exit_boottime_ns;
  int32_t pid;
  int32_t wait_status;
  uint32_t ended;
  uint32_t name_length;
};

static bool put(int fd, const void *first, size_t first_length, const void *second, size_t length) {
  struct iovec parts[] = {{(void *)first, first_length}, {(void *)second, length}};
  return writev(fd, parts, 2) == (ssize_t)(first_length + length);
}

static bool save(int fd, struct init *init, const struct listener *listener, bool ending) {
  struct children *children = &init->children;
  struct saved_head head = {
      .head_length = sizeof head,
      .child_length = sizeof(struct saved_child),
      .count = children->running + children->unacknowledged,
      .flags = ending ? ENDING : 0,
      .listener = listener->fd,
      .lock = listener->lock,
      .client = init->next_is_asked ? init->client.fd : -1,
      .path_length = (uint32_t)strlen(listener->path) + 1,
  };
  memcpy(head.magic, MAGIC, sizeof head.magic);
  if (!put(fd, &head, sizeof head, listener->path, head.path_length))
    return false;
  struct child *child = children_after(children, &children->all);
  for (; child; child = children_after(children, &child->in_all)) {
    struct saved_child saved = {
        .epoch = child->epoch,
        .start_time = child->start_time,
        .exit_realtime_ns = child->exit_realtime_ns,
        .exit_boottime_ns = child->exit_boottime_ns,
        .pid = child->pid,
        .wait_status = child->wait_status,
        .ended = child->ended,
        .name_length = child->name_length,
    };
    if (!put(fd, &saved, sizeof saved, child->name, child->name_length))
      return false;
  }
  return true;
}

/* "123"; `out` has room for any number. */
static void in_digits(int number, char *out) {
  char digits[12];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0)
    *out++ = digits[--count];
  *out = 0;
}

/* Nothing that waits in `fd` is lost when it turns out that nobody takes it over. */
static void keep_over_exec(int fd, bool keep) {
  if (fd >= 0)
    fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

/* Reaps this child within CHECK_MS, or kills it. true: it ended with 0. */
static bool ended_well(pid_t pid) {
  struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
  int ready;
  do {
    ready = end.fd < 0 ? 1 : poll(&end, 1, CHECK_MS);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0)
    kill(pid, SIGKILL);
  if (end.fd >= 0)
    close(end.fd);
  siginfo_t info = {0};
  while (waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 && errno == EINTR) {
  }
  return info.si_code == CLD_EXITED && info.si_status == 0;
}

/* Whether the new image runs on this host and understands what we have written. */
static const char *check(const char *program, const char *memfd) {
  struct stat status;
  if (stat(program, &status) < 0)
    return "the new program";
  errno = 0;
  if (!S_ISREG(status.st_mode) || (status.st_mode & S_IWOTH))
    return "the new program is not a file, or anyone may write to it";
  pid_t pid = fork();
  if (pid < 0)
    return "fork";
  if (pid == 0) {
    execl(program, program, "--check", memfd, NULL);
    _exit(127);
  }
  bool good = ended_well(pid);
  errno = 0;
  return good ? NULL : "the new program did not pass its --check";
}

const char *upgrade(struct init *init, const struct listener *listener, bool ending) {
  int memfd = memfd_create("tendon-init", 0);
  if (memfd < 0)
    return "memfd";
  char digits[12];
  in_digits(memfd, digits);
  const char *wrong = NULL;
  children_reap(&init->children, true);
  if (!save(memfd, init, listener, ending))
    wrong = "memfd";
  else
    wrong = check(init->next, digits);
  if (!wrong) {
    keep_over_exec(listener->fd, true);
    keep_over_exec(listener->lock, true);
    keep_over_exec(init->client.fd, init->next_is_asked);
    execl(init->next, init->next, "--take-over", digits, NULL);
    wrong = "exec";
    keep_over_exec(listener->fd, false);
    keep_over_exec(listener->lock, false);
    keep_over_exec(init->client.fd, false);
  }
  int error = errno;
  close(memfd);
  errno = error;
  return wrong;
}

/* `length` bytes as written, of which we know `own`. */
static bool get(const char **at, const char *end, void *out, size_t length, size_t own) {
  if (length > (size_t)(end - *at))
    return false;
  memset(out, 0, own);
  memcpy(out, *at, length < own ? length : own);
  *at += length;
  return true;
}

static const char *take_children(
    const char *at, const char *end, const struct saved_head *head, struct children *children) {
  for (uint32_t i = 0; i < head->count; i++) {
    struct saved_child saved;
    if (!get(&at, end, &saved, head->child_length, sizeof saved))
      return "children cut short";
    size_t length = saved.name_length;
    if (length == 0 || length > NAME_SPACE || length > (size_t)(end - at) || at[length - 1] != 0)
      return "a child's name";
    struct child *child = child_make(saved.epoch, at, saved.name_length);
    if (!child)
      return "no memory";
    at += length;
    child->start_time = saved.start_time;
    child->exit_realtime_ns = saved.exit_realtime_ns;
    child->exit_boottime_ns = saved.exit_boottime_ns;
    child->pid = saved.pid;
    child->wait_status = saved.wait_status;
    children_restore(children, child, saved.ended != 0);
  }
  return at == end ? NULL : "bytes left over";
}

static const char *take(
    const char *at, size_t length, struct init *init, struct handover *out) {
  const char *end = at + length;
  struct saved_head head;
  /* The head's own length is in its part that never changes. */
  if (length < sizeof head || memcmp(at, MAGIC, sizeof head.magic) != 0)
    return "not written by a tendon-init";
  memcpy(&head, at, sizeof head);
  if (!get(&at, end, &head, head.head_length, sizeof head))
    return "head cut short";
  if (head.path_length == 0 || head.path_length > sizeof out->listener.path ||
      head.path_length > (size_t)(end - at) || at[head.path_length - 1] != 0)
    return "the socket's path";
  memcpy(out->listener.path, at, head.path_length);
  out->listener.fd = head.listener;
  out->listener.lock = head.lock;
  out->client = head.client;
  out->ending = head.flags & ENDING;
  return take_children(at + head.path_length, end, &head, &init->children);
}

const char *upgrade_take(int fd, struct init *init, struct handover *out) {
  struct stat status;
  if (fstat(fd, &status) < 0)
    return "memfd";
  size_t length = (size_t)status.st_size;
  void *bytes = length ? mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  errno = 0;
  if (bytes == MAP_FAILED)
    return "memfd: empty";
  memset(out, 0, sizeof *out);
  const char *wrong = take(bytes, length, init, out);
  munmap(bytes, length);
  close(fd);
  if (!wrong) {
    keep_over_exec(out->listener.fd, false);
    keep_over_exec(out->listener.lock, false);
    keep_over_exec(out->client, false);
  }
  return wrong;
}
