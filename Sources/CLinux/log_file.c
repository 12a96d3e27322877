/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int tendon_log_punch_front(int fd, int64_t length) {
  int answer;
  do {
    answer = fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, length);
  } while (answer < 0 && errno == EINTR);
  return answer < 0 ? -errno : 0;
}

int64_t tendon_log_first_data(int fd, int64_t offset) {
  off_t found = lseek(fd, offset, SEEK_DATA);
  return found < 0 ? -errno : found;
}
