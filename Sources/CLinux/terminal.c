/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tendon_terminal_open(int *ends) {
  int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ours < 0)
    return -errno;
  int theirs = -1;
  /* By descriptor: its name may mean another where /dev/pts is another's. */
  if (unlockpt(ours) == 0)
    theirs = ioctl(ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (theirs < 0) {
    int error = errno;
    close(ours);
    return -error;
  }
  ends[0] = ours;
  ends[1] = theirs;
  return 0;
}
