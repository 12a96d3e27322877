/* SPDX-License-Identifier: Apache-2.0 */

/* Paths and files of the new root. Every path is looked up inside of it: a link can't lead out. */

#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int answer(long result) {
  return result < 0 ? errno : 0;
}

int plan_open_in(int stage, const char *path) {
  const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
  if (stage < 0)
    return -EINVAL;
  int fd = (int)syscall(SYS_openat2, stage, path, &how, sizeof how);
  return fd < 0 ? -errno : fd;
}

int plan_open_above(int stage, const char *path, const char **name) {
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  char above[PATH_MAX];
  if (!slash || !slash[1] || length + 2 > sizeof above)
    return -EINVAL;
  memcpy(above, path, length);
  above[length] = 0;
  *name = slash + 1;
  return plan_open_in(stage, length ? above : "/");
}

/* One directory, there or not. */
static int make_directory(int stage, const char *path, uint32_t mode) {
  const char *name;
  int above = plan_open_above(stage, path, &name);
  if (above < 0)
    return -above;
  int error = answer(syscall(SYS_mkdirat, above, name, mode));
  syscall(SYS_close, above);
  return error == EEXIST ? 0 : error;
}

static int make_file(int stage, const char *path) {
  const char *name;
  int above = plan_open_above(stage, path, &name);
  if (above < 0)
    return -above;
  int error = answer(syscall(SYS_mknodat, above, name, S_IFREG | 0644, 0));
  syscall(SYS_close, above);
  return error == EEXIST ? 0 : error;
}

int plan_make_in(int stage, const char *path, int is_directory) {
  int there = plan_open_in(stage, path);
  if (there >= 0) {
    syscall(SYS_close, there);
    return 0;
  }
  char above[PATH_MAX];
  size_t length = strlen(path);
  if (length + 1 > sizeof above)
    return ENAMETOOLONG;
  memcpy(above, path, length + 1);
  for (char *slash = strchr(above + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    int error = plan_open_in(stage, above);
    if (error >= 0)
      syscall(SYS_close, error);
    else if ((error = make_directory(stage, above, 0755)) != 0)
      return error;
    *slash = '/';
  }
  return is_directory ? make_directory(stage, path, 0755) : make_file(stage, path);
}

int plan_device(const struct step *step, int stage) {
  const char *name;
  int above = plan_open_above(stage, step->text[0], &name);
  if (above < 0)
    return -above;
  uint64_t device = makedev(step->head->b >> 32, step->head->b & UINT32_MAX);
  int error = answer(syscall(SYS_mknodat, above, name, S_IFCHR | step->head->a, device));
  syscall(SYS_close, above);
  return error;
}

int plan_symlink(const struct step *step, int stage) {
  const char *name;
  int above = plan_open_above(stage, step->text[1], &name);
  if (above < 0)
    return -above;
  int error = answer(syscall(SYS_symlinkat, step->text[0], above, name));
  syscall(SYS_close, above);
  return error;
}

int plan_directory(const struct step *step, int stage) {
  return make_directory(stage, step->text[0], (uint32_t)step->head->a);
}

static int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    long count = syscall(SYS_write, fd, bytes, length);
    if (count < 0)
      return errno;
    bytes += count;
    length -= (size_t)count;
  }
  return 0;
}

int plan_file(const struct step *step, int stage) {
  const struct tendon_plan_step *head = step->head;
  const char *name;
  int above = plan_open_above(stage, step->text[0], &name);
  if (above < 0)
    return -above;
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  int fd = (int)syscall(SYS_openat, above, name, flags, 0600);
  int error = fd < 0 ? errno : 0;
  syscall(SYS_close, above);
  if (error)
    return error;
  error = write_all(fd, step->data, head->c);
  if (!error)
    error = answer(syscall(SYS_fchown, fd, head->b >> 32, head->b & UINT32_MAX));
  if (!error)
    error = answer(syscall(SYS_fchmod, fd, head->a));
  syscall(SYS_close, fd);
  return error;
}
