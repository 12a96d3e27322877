/* SPDX-License-Identifier: Apache-2.0 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Mounting takes milliseconds; a file system that doesn't answer must not stop the others' parent for long. */
enum { DEADLINE_MS = 10 * 1000, ABOVE_THE_FIXED = 10 };

int helper_open(struct helper *helper, const struct tendon_spawn *request) {
  *helper = (struct helper){
      .argv = request->helper, .plan = -1, .report_read = -1, .report_write = -1};
  int ends[2];
  if (!request->helper)
    return EINVAL;
  if (pipe2(ends, O_CLOEXEC) < 0)
    return errno;
  helper->report_read = ends[0];
  helper->report_write = ends[1];
  helper->plan = memfd_create("tendon-plan", MFD_CLOEXEC);
  /* It is far below what one write(2) takes. */
  ssize_t written =
      helper->plan < 0 ? -1 : write(helper->plan, request->plan, request->plan_length);
  if (written == (ssize_t)request->plan_length)
    return 0;
  int error = written < 0 ? errno : ENOSPC;
  helper_close(helper);
  return error;
}

static void close_one(int *fd) {
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

void helper_close(struct helper *helper) {
  close_one(&helper->plan);
  close_one(&helper->report_read);
  close_one(&helper->report_write);
}

void helper_exec(const struct helper *helper, char *const *envp) {
  int plan = (int)syscall(SYS_fcntl, helper->plan, F_DUPFD_CLOEXEC, ABOVE_THE_FIXED);
  int report = (int)syscall(SYS_fcntl, helper->report_write, F_DUPFD_CLOEXEC, ABOVE_THE_FIXED);
  if (plan < 0 || report < 0 || syscall(SYS_dup3, plan, HELPER_PLAN_FD, 0) < 0 ||
      syscall(SYS_dup3, report, HELPER_REPORT_FD, 0) < 0)
    return;
  syscall(SYS_execve, "/proc/self/exe", helper->argv, envp);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* true: there is something to read, or its end. */
static bool wait_readable(int fd, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - now_ms();
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int ready = poll(&polled, 1, left > 0 ? (int)left : 0);
    if (ready > 0)
      return true;
    if (ready == 0 || errno != EINTR)
      return false;
  }
}

struct tendon_plan_report helper_wait(struct helper *helper, int pidfd) {
  const int64_t deadline = now_ms() + DEADLINE_MS;
  struct tendon_plan_report report;
  bool is_ready = false;
  int error = ETIMEDOUT;
  close_one(&helper->report_write);
  while (wait_readable(helper->report_read, deadline)) {
    ssize_t count = read(helper->report_read, &report, sizeof report);
    if (count < 0 && errno == EINTR)
      continue;
    if (count == sizeof report && report.step)
      return report;
    if (count != sizeof report) {
      /* Its end is closed by execve, or with the process: after "ready" its end is the program's. */
      if (is_ready)
        return (struct tendon_plan_report){0};
      error = ECHILD;
      break;
    }
    is_ready = true;
  }
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
  return (struct tendon_plan_report){.step = TENDON_STEP_HELPER, .error = error};
}
