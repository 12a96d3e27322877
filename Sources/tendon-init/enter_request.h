/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_ENTER_REQUEST_H
#define TENDON_ENTER_REQUEST_H

#include "../CLinux/include/tendon_enter_protocol.h"

/* What is to be run, as it was received. It lies in memory that is kept as long as the process lives. */
struct enter_request {
  const struct tendon_enter *head;
  uint32_t *groups;
  char **argv;
  char **envp;
  int fds[3];
};

/* Takes the one request that comes over `from`. Zero, or an errno. */
int enter_receive(int from, struct enter_request *request);

#endif
