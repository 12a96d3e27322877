/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { SUFFIX = sizeof ".lock", BACKLOG = 16 };

static void with_suffix(char *out, const char *path, const char *suffix) {
  size_t length = strlen(path);
  memcpy(out, path, length);
  memcpy(out + length, suffix, strlen(suffix) + 1);
}

static const char *lock_path(struct listener *listener) {
  char lock[sizeof listener->path + SUFFIX];
  with_suffix(lock, listener->path, ".lock");
  listener->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (listener->lock < 0)
    return "lock file";
  if (flock(listener->lock, LOCK_EX | LOCK_NB) < 0) {
    if (errno == EWOULDBLOCK)
      errno = 0;
    return errno ? "lock file" : "another one has this socket";
  }
  return NULL;
}

const char *listener_open(struct listener *listener, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  errno = 0;
  if (path[0] != '/')
    return "the socket's path is not absolute";
  if (strlen(path) + SUFFIX > sizeof address.sun_path)
    return "the socket's path is too long";
  memcpy(listener->path, path, strlen(path) + 1);
  const char *wrong = lock_path(listener);
  if (wrong)
    return wrong;

  with_suffix(address.sun_path, path, ".new");
  if (unlink(address.sun_path) < 0 && errno != ENOENT)
    return "old socket";
  listener->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener->fd < 0)
    return "socket";
  mode_t before = umask(0177);
  int bound = bind(listener->fd, (const struct sockaddr *)&address, sizeof address);
  umask(before);
  if (bound < 0)
    return "bind";
  if (listen(listener->fd, BACKLOG) < 0)
    return "listen";
  if (rename(address.sun_path, path) < 0)
    return "rename";
  return NULL;
}

int listener_accept(int listener) {
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return -1;
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
      (peer.uid != 0 && peer.uid != geteuid())) {
    close(fd);
    return -1;
  }
  return fd;
}

void listener_close(struct listener *listener) {
  unlink(listener->path);
  close(listener->fd);
  close(listener->lock);
}
