/* SPDX-License-Identifier: Apache-2.0 */

/* The receiving end of sd_notify(3): datagrams that carry their sender's credentials. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_notify.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int prepared(int fd, const struct sockaddr_un *address) {
  const int yes = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) < 0)
    return -errno;
  if (unlink(address->sun_path) < 0 && errno != ENOENT)
    return -errno;
  if (bind(fd, (const struct sockaddr *)address, sizeof *address) < 0)
    return -errno;
  /* Instances run as any user; what they may tell is decided by who they are. */
  return chmod(address->sun_path, 0666) < 0 ? -errno : 0;
}

int tendon_notify_open(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  memcpy(address.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;
  int answer = prepared(fd, &address);
  if (answer == 0)
    return fd;
  close(fd);
  return answer;
}

/* Descriptors that come along find no room, and are closed by the kernel. */
union control {
  struct cmsghdr header;
  char space[CMSG_SPACE(sizeof(struct ucred))];
};

long tendon_notify_receive(int fd, void *bytes, size_t capacity, int *pid) {
  struct iovec vector = {bytes, capacity};
  union control control;
  struct msghdr message = {
      .msg_iov = &vector,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof control,
  };
  ssize_t length;
  do {
    length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (length < 0 && errno == EINTR);
  if (length < 0)
    return -errno;
  *pid = 0;
  for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_CREDENTIALS)
      continue;
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(at), sizeof sender);
    *pid = sender.pid;
  }
  return message.msg_flags & MSG_TRUNC ? 0 : length;
}
