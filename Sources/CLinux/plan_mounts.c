/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Mounts. They are made in a copy of the mount tree (the stage), which becomes the root at last; so
 * what they hide can still be their source. A target is opened inside the stage and mounted on
 * through /proc/self/fd, so that no link of it leads elsewhere.
 */

#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <sys/mount.h> and <linux/mount.h> can't both be had with every libc. */
enum { BIND = 4096, RECURSIVE = 16384, DETACH = 2, NO_SUID = 2, NO_DEV = 4, NO_EXEC = 8 };

static int answer(long result) {
  return result < 0 ? errno : 0;
}

struct fd_path {
  char text[32];
};

static struct fd_path path_of(int fd) {
  struct fd_path path = {"/proc/self/fd/"};
  char digits[12];
  int count = 0;
  do
    digits[count++] = (char)('0' + fd % 10);
  while (fd /= 10);
  size_t at = strlen(path.text);
  while (count > 0)
    path.text[at++] = digits[--count];
  path.text[at] = 0;
  return path;
}

static int mount_on(
    int target, const char *source, const char *type, unsigned long flags, const char *options) {
  struct fd_path path = path_of(target);
  return answer(syscall(SYS_mount, source, path.text, type, flags, options));
}

int plan_propagation(const struct step *step) {
  return answer(syscall(SYS_mount, NULL, "/", NULL, RECURSIVE | step->head->a, NULL));
}

int plan_stage(const struct step *step, int *stage) {
  const char *target = step->text[1];
  if (syscall(SYS_mount, step->text[0], target, NULL, BIND | RECURSIVE, NULL) < 0)
    return errno;
  *stage = (int)syscall(SYS_openat, AT_FDCWD, target, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  return *stage < 0 ? errno : 0;
}

static int is_directory(int fd) {
  struct stat status;
  /* fstat(2) in libc is one system call, and the kernel's struct differs by architecture. */
  return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

int plan_bind(const struct step *step, int stage) {
  uint64_t flags = step->head->a;
  int source = flags & TENDON_PLAN_IN_STAGE
                   ? plan_open_in(stage, step->text[0])
                   : (int)syscall(SYS_openat, AT_FDCWD, step->text[0], O_PATH | O_CLOEXEC, 0);
  if (source < 0) {
    int error = flags & TENDON_PLAN_IN_STAGE ? -source : errno;
    return error == ENOENT && flags & TENDON_PLAN_IF_PRESENT ? 0 : error;
  }
  int error = flags & TENDON_PLAN_MAKE
                  ? plan_make_in(stage, step->text[1], is_directory(source))
                  : 0;
  int target = error ? -error : plan_open_in(stage, step->text[1]);
  if (target < 0) {
    error = -target == ENOENT && flags & TENDON_PLAN_IF_PRESENT ? 0 : -target;
  } else {
    struct fd_path path = path_of(source);
    unsigned long how = BIND | (flags & TENDON_PLAN_RECURSIVE ? RECURSIVE : 0);
    error = mount_on(target, path.text, NULL, how, NULL);
    syscall(SYS_close, target);
  }
  syscall(SYS_close, source);
  return error;
}

int plan_mount(const struct step *step, int stage) {
  const char *type = step->text[0];
  int error =
      step->head->b & TENDON_PLAN_MAKE ? plan_make_in(stage, step->text[1], 1) : 0;
  int target = error ? -error : plan_open_in(stage, step->text[1]);
  if (target < 0)
    return -target == ENOENT && step->head->b & TENDON_PLAN_IF_PRESENT ? 0 : -target;
  error = mount_on(target, type, type, step->head->a, step->text[2]);
  syscall(SYS_close, target);
  /* The very same is mounted there already: cgroup2 in a namespace that begins at the root of all cgroups. */
  return error == EBUSY && step->head->b & TENDON_PLAN_IF_PRESENT ? 0 : error;
}

int plan_attributes(const struct step *step, int stage) {
  const struct tendon_plan_step *head = step->head;
  struct mount_attr attributes = {.attr_set = head->a, .attr_clr = head->b};
  int target = plan_open_in(stage, step->text[0]);
  if (target < 0)
    return -target == ENOENT && head->c & TENDON_PLAN_IF_PRESENT ? 0 : -target;
  unsigned flags = AT_EMPTY_PATH | (head->c & TENDON_PLAN_RECURSIVE ? AT_RECURSIVE : 0);
  int error =
      answer(syscall(SYS_mount_setattr, target, "", flags, &attributes, sizeof attributes));
  syscall(SYS_close, target);
  /* Not the root of a mount: what was to be covered is not there. */
  return error == EINVAL && head->c & TENDON_PLAN_IF_PRESENT ? 0 : error;
}

int plan_mask(const struct step *step, int stage) {
  int target = plan_open_in(stage, step->text[0]);
  if (target < 0)
    return -target == ENOENT || -target == ENOTDIR ? 0 : -target;
  int error = is_directory(target)
                  ? mount_on(target, "tmpfs", "tmpfs", NO_SUID | NO_DEV | NO_EXEC, "mode=755")
                  : mount_on(target, "/dev/null", NULL, BIND, NULL);
  syscall(SYS_close, target);
  return error;
}

int plan_pivot(int *stage) {
  /* The old root is mounted on the new one, and taken off it (pivot_root(2), NOTES). */
  if (*stage < 0)
    return EINVAL;
  if (syscall(SYS_fchdir, *stage) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
      syscall(SYS_umount2, ".", DETACH) < 0)
    return errno;
  syscall(SYS_close, *stage);
  *stage = -1;
  return answer(syscall(SYS_chdir, "/"));
}
