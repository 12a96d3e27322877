/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
/* Entries carry their own CODE_ fields or none: those of this file would say nothing. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "CSystemd.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

int tendon_systemd_notify(const char *state) { return sd_notify(0, state); }

int64_t tendon_systemd_watchdog_usec(void) {
  uint64_t usec = 0;
  int answer = sd_watchdog_enabled(0, &usec);
  return answer > 0 ? (int64_t)usec : answer;
}

int tendon_systemd_listen_fds(void) { return sd_listen_fds(0); }

int tendon_systemd_journal_send(const struct iovec *fields, int count) {
  return sd_journal_sendv(fields, count);
}

pid_t tendon_systemd_placeholder(void) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid != 0) return pid < 0 ? -errno : pid;
  /* Only async-signal-safe calls from here on: other threads of the parent may hold locks. */
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) _exit(0);
  for (;;) pause();
}

void tendon_systemd_placeholder_end(pid_t pid) {
  kill(pid, SIGKILL);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
  }
}
