/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_spread.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tendon_spread_subdirectories(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int flags = 0;
  int answer = ioctl(fd, FS_IOC_GETFLAGS, &flags);
  if (answer == 0 && !(flags & FS_TOPDIR_FL)) {
    flags |= FS_TOPDIR_FL;
    answer = ioctl(fd, FS_IOC_SETFLAGS, &flags);
  }
  int error = errno;
  close(fd);
  return answer < 0 ? -error : 0;
}
