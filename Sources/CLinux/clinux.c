/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* P_PIDFD, which older headers of libc lack. */
enum { WAIT_BY_PIDFD = 3, MAX_FDS = 16 };

static int checked(long answer) {
  return answer < 0 ? -errno : (int)answer;
}

int tendon_o_path(void) { return O_PATH; }

int tendon_pidfd_open(int pid) {
  return checked(syscall(SYS_pidfd_open, pid, 0));
}

int tendon_pidfd_send_signal(int pidfd, int signal) {
  return checked(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int tendon_pidfd_wait(int pidfd, bool block, int *wait_status) {
  siginfo_t info = {.si_pid = 0};
  int options = WEXITED | (block ? 0 : WNOHANG);
  while (waitid((idtype_t)WAIT_BY_PIDFD, (id_t)pidfd, &info, options) < 0)
    if (errno != EINTR)
      return -errno;
  if (info.si_pid == 0)
    return 0;
  if (info.si_code == CLD_EXITED)
    *wait_status = (info.si_status & 0xff) << 8;
  else
    *wait_status = (info.si_status & 0x7f) | (info.si_code == CLD_DUMPED ? 0x80 : 0);
  return 1;
}

bool tendon_wait_exited(int wait_status) {
  return WIFEXITED(wait_status);
}

int tendon_wait_exit_code(int wait_status) {
  return WEXITSTATUS(wait_status);
}

int tendon_wait_signal(int wait_status) {
  return WTERMSIG(wait_status);
}

bool tendon_wait_core_dumped(int wait_status) {
  return WCOREDUMP(wait_status);
}

int tendon_seqpacket_connect(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  memcpy(address.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -errno;
  /* Room for the largest message, whatever the system's default is. */
  const int room = 2 * TENDON_INIT_MAX_MESSAGE;
  int answer = setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (answer == 0)
    answer = connect(fd, (const struct sockaddr *)&address, sizeof address);
  if (answer == 0)
    return fd;
  int error = errno;
  close(fd);
  return -error;
}

union control {
  struct cmsghdr header;
  char space[CMSG_SPACE(MAX_FDS * sizeof(int))];
};

int tendon_send_message(int fd, const void *bytes, size_t length, const int *fds, int fd_count) {
  if (fd_count < 0 || fd_count > MAX_FDS)
    return -EINVAL;
  struct iovec vector = {(void *)bytes, length};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  union control control;
  if (fd_count > 0) {
    size_t size = (size_t)fd_count * sizeof(int);
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(&control.header), fds, size);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(size);
  }
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

static void collect_fds(
    struct msghdr *message, int *fds, int capacity, struct tendon_received *received) {
  for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
      continue;
    size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof fd);
      if (received->fd_count < capacity) {
        fds[received->fd_count++] = fd;
      } else {
        close(fd);
        received->fds_truncated = true;
      }
    }
  }
}

int tendon_receive_message(
    int fd, void *bytes, size_t capacity, int *fds, int fd_capacity,
    struct tendon_received *received) {
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
  *received = (struct tendon_received){
      .length = (size_t)length,
      .truncated = message.msg_flags & MSG_TRUNC,
      .fds_truncated = message.msg_flags & MSG_CTRUNC,
  };
  collect_fds(&message, fds, fd_capacity, received);
  return 0;
}

int tendon_poll_two(int first, bool writing, int second, int timeout_ms) {
  struct pollfd polled[] = {
      {.fd = first, .events = writing ? POLLIN | POLLOUT : POLLIN},
      {.fd = second, .events = POLLIN},
  };
  if (poll(polled, 2, timeout_ms) < 0)
    return errno == EINTR ? 0 : -errno;
  return (polled[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL) ? 1 : 0) |
         (polled[0].revents & POLLOUT ? 2 : 0) | (polled[1].revents ? 4 : 0);
}

int tendon_wake_open(void) {
  return checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

int tendon_wake(int fd) {
  return eventfd_write(fd, 1) < 0 && errno != EAGAIN ? -errno : 0;
}

int tendon_wake_take(int fd) {
  eventfd_t count;
  return eventfd_read(fd, &count) < 0 && errno != EAGAIN ? -errno : 0;
}

void tendon_memory_few_arenas(void) {
#ifdef M_ARENA_MAX
  mallopt(M_ARENA_MAX, 2);
#endif
}

void tendon_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

int tendon_reserve(int fd, int64_t offset, int64_t length) {
  return checked(fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length));
}

int tendon_pipe(int *ends) {
  return checked(pipe2(ends, O_CLOEXEC));
}

const char *tendon_errno_text(int error) {
  const char *text = strerrordesc_np(error);
  return text ? text : "unknown error";
}

int tendon_thread_name(const char *name) {
  /* A name that is too long is the only thing that can be wrong, and ours are not. */
  (void)pthread_setname_np(pthread_self(), name);
  return gettid();
}

int tendon_syncfs(int fd) { return checked(syncfs(fd)); }
