/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since 5.14, the same on every architecture; older headers lack it. */
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

/* quota.h of the C library has it; that and the kernel's header can't be included together. */
#define COMMAND(call) ((unsigned int)(((call) << SUBCMDSHIFT) | PRJQUOTA))

/* Deeper than any path that open(2) takes as a whole. */
enum { DEEPEST = 2048 };

static int open_directory(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 ? fd : -errno;
}

int tendon_project_get(const char *path, uint32_t *project) {
  int fd = open_directory(path);
  if (fd < 0) return fd;
  struct fsxattr attributes;
  int result = ioctl(fd, FS_IOC_FSGETXATTR, &attributes) == 0 ? 0 : -errno;
  if (result == 0) *project = attributes.fsx_projid;
  close(fd);
  return result;
}

static int set_one(int fd, uint32_t project, bool is_directory) {
  struct fsxattr attributes;
  if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) return -errno;
  attributes.fsx_projid = project;
  if (is_directory) attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
  return ioctl(fd, FS_IOC_FSSETXATTR, &attributes) == 0 ? 0 : -errno;
}

/* Takes over the descriptor. */
static int set_tree(int fd, uint32_t project, dev_t device, int depth) {
  int result = set_one(fd, project, true);
  DIR *folder = result == 0 ? fdopendir(fd) : NULL;
  if (folder == NULL) {
    if (result == 0) result = -errno;
    close(fd);
    return result;
  }
  struct dirent *entry;
  while (result == 0 && (errno = 0, entry = readdir(folder)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    /* Opening a device or a FIFO can do things; O_PATH would, but takes no ioctl. */
    struct stat status;
    if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) result = -errno;
      continue;
    }
    if (status.st_dev != device || (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))) continue;
    int inner = openat(
        dirfd(folder), entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (inner < 0) {
      if (errno != ENOENT && errno != ELOOP) result = -errno;
      continue;
    }
    if (S_ISDIR(status.st_mode)) {
      if (depth < DEEPEST) {
        result = set_tree(inner, project, device, depth + 1);
      } else {
        close(inner);
        result = -ENAMETOOLONG;
      }
    } else {
      result = set_one(inner, project, false);
      close(inner);
    }
  }
  if (result == 0 && errno != 0) result = -errno;
  closedir(folder);
  return result;
}

int tendon_project_set_tree(const char *path, uint32_t project) {
  int fd = open_directory(path);
  if (fd < 0) return fd;
  struct stat status;
  if (fstat(fd, &status) != 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return set_tree(fd, project, status.st_dev, 0);
}

static int quota_call(const char *path, int call, uint32_t project, struct if_dqblk *block) {
  int fd = open_directory(path);
  if (fd < 0) return fd;
  int result = syscall(SYS_quotactl_fd, fd, COMMAND(call), project, block) == 0 ? 0 : -errno;
  close(fd);
  return result;
}

int tendon_quota_get(const char *path, uint32_t project, struct tendon_quota *quota) {
  struct if_dqblk block;
  memset(&block, 0, sizeof block);
  int result = quota_call(path, Q_GETQUOTA, project, &block);
  if (result != 0) return result;
  quota->limit_bytes = block.dqb_bhardlimit << QIF_DQBLKSIZE_BITS;
  quota->used_bytes = block.dqb_curspace;
  return 0;
}

int tendon_quota_set(const char *path, uint32_t project, uint64_t limit_bytes) {
  struct if_dqblk block;
  memset(&block, 0, sizeof block);
  block.dqb_bhardlimit = limit_bytes >> QIF_DQBLKSIZE_BITS;
  block.dqb_valid = QIF_BLIMITS;
  return quota_call(path, Q_SETQUOTA, project, &block);
}
