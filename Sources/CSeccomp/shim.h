/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_CSECCOMP_H
#define TENDON_CSECCOMP_H

/* libseccomp, and its macros as functions. */

#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline uint32_t tendon_seccomp_allow(void) { return SCMP_ACT_ALLOW; }
static inline uint32_t tendon_seccomp_log(void) { return SCMP_ACT_LOG; }
static inline uint32_t tendon_seccomp_kill(void) { return SCMP_ACT_KILL_PROCESS; }
static inline uint32_t tendon_seccomp_refuse(int error) {
  return SCMP_ACT_ERRNO((uint32_t)error);
}

/* The program for the kernel, 8 bytes an instruction: its length, or a negative errno. */
static inline long tendon_seccomp_export(scmp_filter_ctx filter, void *bytes, size_t capacity) {
  int fd = (int)syscall(SYS_memfd_create, "tendon-seccomp", 1U /* MFD_CLOEXEC */);
  if (fd < 0)
    return -errno;
  long answer = seccomp_export_bpf(filter, fd);
  if (answer == 0) {
    answer = pread(fd, bytes, capacity, 0);
    if (answer < 0)
      answer = -errno;
    else if (lseek(fd, 0, SEEK_END) != answer)
      answer = -E2BIG;
  }
  close(fd);
  return answer;
}

#endif
