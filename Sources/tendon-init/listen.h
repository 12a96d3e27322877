/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_LISTEN_H
#define TENDON_LISTEN_H

/* The socket that clients connect to. */

struct listener {
  int fd;
  /* PATH.lock, locked as long as this process lives: one tendon-init per path. */
  int lock;
  /* Absolute. */
  char path[108];
};

/*
 * The path exists only once it can be connected to. NULL: good. Otherwise what went wrong, with
 * errno or zero there.
 */
const char *listener_open(struct listener *listener, const char *path);

/* A client that is root or of our own user; -1 when there is none. */
int listener_accept(int fd);

/* Removes the socket. */
void listener_close(struct listener *listener);

#endif
