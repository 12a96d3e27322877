/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_LOG_FILE_H
#define TENDON_LOG_FILE_H

#include <stdint.h>

/* Gives the first `length` bytes of a file back to the disk; its size stays, and they read as zeros. Zero, or a
   negative errno: -EOPNOTSUPP where the file system can't. */
int tendon_log_punch_front(int fd, int64_t length);

/* The first offset from `offset` on that has data, or a negative errno: -ENXIO where there is none. */
int64_t tendon_log_first_data(int fd, int64_t offset);

#endif
