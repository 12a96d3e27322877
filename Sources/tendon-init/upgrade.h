/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_UPGRADE_H
#define TENDON_UPGRADE_H

/*
 * Another image of tendon-init in our place, by execve: the same process, so the same children.
 *
 * What we know is written to a memfd, which the new image is told of by an argument, as it is
 * started, first of all once with --check, to see that it runs and understands it. The listening
 * socket, its lock and the client's connection are left open over the execve. Signals stay blocked
 * and ends of children stay theirs to be reaped, so that none is lost in between.
 */

#include "client.h"
#include "listen.h"

/* What an image takes over besides the children. */
struct handover {
  struct listener listener;
  /* Whoever asked for it by UPGRADE and is to be told; -1: nobody. */
  int client;
  /* SIGTERM was received: end with the last child. */
  bool ending;
};

/*
 * Becomes the program at init->next. Returns only when that failed, with nothing changed: what
 * went wrong, and errno or zero there.
 */
const char *upgrade(struct init *init, const struct listener *listener, bool ending);

/*
 * Takes what the image before us has left in the memfd `fd`, which is closed. Children that ended
 * meanwhile are still to be reaped. NULL: good. Otherwise what is wrong with it.
 */
const char *upgrade_take(int fd, struct init *init, struct handover *out);

#endif
