/* SPDX-License-Identifier: Apache-2.0 */

#include "fence.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char BOOT_ID[] = "/proc/sys/kernel/random/boot_id";
static const char BOOT[] = "boot ";

enum {
  TIME_DIGITS = 20,
  BOOT_DIGITS = 36,
  BOOT_LINE = sizeof BOOT - 1 + BOOT_DIGITS + 1,
  HEAD = TIME_DIGITS + 1 + BOOT_LINE,
  LONGEST_PATH = 4096,
  /* How long after the lease's end an agent that works has killed by itself. */
  PATIENCE_MS = 50,
  /* After a kill: what is born there meanwhile is killed too, until the agent says otherwise. */
  AGAIN_MS = 200,
  LONGEST_WAIT_MS = 1000,
};

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Whether these lines are of the boot that we live in: its clock is the only one that we can read. */
static bool is_of_this_boot(const char *text) {
  static char known[BOOT_DIGITS + 1];
  if (known[0] == 0) {
    int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return false;
    char id[BOOT_DIGITS];
    if (read(fd, id, BOOT_DIGITS) == BOOT_DIGITS)
      memcpy(known, id, BOOT_DIGITS);
    close(fd);
  }
  const size_t label = sizeof BOOT - 1;
  return known[0] != 0 && memcmp(text, BOOT, label) == 0 &&
         memcmp(text + label, known, BOOT_DIGITS) == 0 && text[label + BOOT_DIGITS] == '\n';
}

/* -1: not one that is whole and of this boot. The agent may be writing: twice the same is what counts. */
static int64_t read_end(int fd) {
  char text[2][HEAD + 1] = {{0}};
  do {
    for (int i = 0; i < 2; i++)
      if (pread(fd, text[i], HEAD, 0) != HEAD)
        return -1;
  } while (memcmp(text[0], text[1], HEAD) != 0);
  int64_t end = 0;
  for (int i = 0; i < TIME_DIGITS; i++) {
    if (text[0][i] < '0' || text[0][i] > '9')
      return -1;
    end = end * 10 + (text[0][i] - '0');
  }
  return text[0][TIME_DIGITS] == '\n' && is_of_this_boot(text[0] + TIME_DIGITS + 1) ? end : -1;
}

static void kill_cgroup(const char *path, size_t length) {
  static const char file[] = "/cgroup.kill";
  char name[LONGEST_PATH + sizeof file];
  /* What is no path says other things. */
  if (length == 0 || length > LONGEST_PATH || path[0] != '/')
    return;
  memcpy(name, path, length);
  memcpy(name + length, file, sizeof file);
  int fd = open(name, O_WRONLY | O_CLOEXEC);
  /* It may be gone, with all that was in it. */
  if (fd < 0)
    return;
  if (write(fd, "1", 1) < 0)
    fprintf(stderr, "tendon-init: %s: %m\n", name);
  close(fd);
}

static void kill_all(const char *text, size_t length) {
  const char *end = text + length;
  for (const char *line = text; line < end;) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop)
      return;
    kill_cgroup(line, (size_t)(stop - line));
    line = stop + 1;
  }
}

int fence_look(const char *socket_path) {
  char path[128];
  if (snprintf(path, sizeof path, "%s.fence", socket_path) >= (int)sizeof path)
    return -1;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  struct stat status;
  int wait = -1;
  if (fstat(fd, &status) == 0 && status.st_size > 0) {
    int64_t end = read_end(fd);
    int64_t left = (end - now_ns()) / 1000000 + PATIENCE_MS;
    if (end >= 0 && left > 0) {
      wait = left < LONGEST_WAIT_MS ? (int)left + 1 : LONGEST_WAIT_MS;
    } else {
      void *text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
      if (text != MAP_FAILED) {
        kill_all(text, (size_t)status.st_size);
        munmap(text, (size_t)status.st_size);
      }
      wait = AGAIN_MS;
    }
  }
  close(fd);
  return wait;
}
