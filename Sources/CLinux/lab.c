/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinuxLab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 8 };

/* Copies the sources out of the way first: a source may be one of the targets. */
static int add_descriptors(posix_spawn_file_actions_t *actions, const int *fds, int count,
                           int *copies) {
  for (int i = 0; i < count; i++) {
    copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 64);
    if (copies[i] < 0) return errno;
  }
  for (int i = 0; i < count; i++) {
    int error = posix_spawn_file_actions_adddup2(actions, copies[i], i);
    if (error != 0) return error;
  }
  return posix_spawn_file_actions_addclosefrom_np(actions, count);
}

static int set_attributes(posix_spawnattr_t *attributes, bool new_session) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (new_session) flags |= POSIX_SPAWN_SETSID;
  int error = posix_spawnattr_setsigmask(attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
  if (error == 0) error = posix_spawnattr_setflags(attributes, flags);
  return error;
}

int tendon_lab_spawn(const char *const *argv, const char *const *envp, const int *fds, int count,
                     bool new_session, pid_t *pid) {
  if (count < 0 || count > MAX_DESCRIPTORS) return EINVAL;
  int copies[MAX_DESCRIPTORS];
  for (int i = 0; i < MAX_DESCRIPTORS; i++) copies[i] = -1;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawnattr_init(&attributes);
  if (error != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  error = add_descriptors(&actions, fds, count, copies);
  if (error == 0) error = set_attributes(&attributes, new_session);
  if (error == 0) {
    error = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv,
                         (char *const *)envp);
  }
  for (int i = 0; i < count; i++) {
    if (copies[i] >= 0) close(copies[i]);
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

int tendon_lab_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

pid_t tendon_lab_wait(pid_t pid, bool block, int *status) {
  int raw = 0;
  pid_t ended;
  do {
    ended = waitpid(pid, &raw, block ? 0 : WNOHANG);
  } while (ended < 0 && errno == EINTR);
  if (ended < 0) return -errno;
  if (ended > 0) *status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  return ended;
}

int tendon_lab_mount(const char *source, const char *target, const char *type, const char *data,
                     bool read_only, bool bind) {
  unsigned long flags = (read_only ? MS_RDONLY : 0) | (bind ? MS_BIND : 0);
  return mount(source, target, type, flags, data) == 0 ? 0 : errno;
}

int tendon_lab_load_module(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  int error = syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST ? 0 : errno;
  close(fd);
  return error;
}

int tendon_lab_mounts_private(void) {
  return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ? 0 : errno;
}

int tendon_lab_root_read_only(void) {
  return mount("none", "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0 ? 0 : errno;
}

int tendon_lab_new_cgroup_namespace(void) { return unshare(CLONE_NEWCGROUP) == 0 ? 0 : errno; }

int tendon_lab_halt(void) { return reboot(RB_POWER_OFF) == 0 ? 0 : errno; }

int tendon_lab_exec(const char *const *argv) {
  execv(argv[0], (char *const *)argv);
  return errno;
}

int tendon_lab_set_hostname(const char *name) {
  return sethostname(name, strlen(name)) == 0 ? 0 : errno;
}

int tendon_lab_step_clock(long seconds) {
  struct timex step = {.modes = ADJ_SETOFFSET, .time = {.tv_sec = seconds}};
  return adjtimex(&step) >= 0 ? 0 : errno;
}

int tendon_lab_open_raw_terminal(const char *path) {
  int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return -errno;
  struct termios settings;
  int error = tcgetattr(fd, &settings) == 0 ? 0 : errno;
  if (error == 0) {
    cfmakeraw(&settings);
    error = tcsetattr(fd, TCSANOW, &settings) == 0 ? 0 : errno;
  }
  if (error == 0) return fd;
  close(fd);
  return -error;
}

/* Whether path still names the file that fd has open. */
static bool names_file(const char *path, int fd) {
  struct stat by_path, by_fd;
  return stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
         by_path.st_ino == by_fd.st_ino;
}

int tendon_lab_lock(const char *path) {
  for (;;) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return -errno;
    int result;
    do {
      result = flock(fd, LOCK_EX);
    } while (result < 0 && errno == EINTR);
    int error = errno;
    if (result == 0 && names_file(path, fd)) return fd;
    close(fd);
    if (result < 0) return -error;
    /* The one before us removed the file; whoever comes next would lock another. Again. */
  }
}

int tendon_lab_block_child_signal(void) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  return sigprocmask(SIG_BLOCK, &child, NULL) == 0 ? 0 : errno;
}

void tendon_lab_wait_for_child(int timeout_ms) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  struct timespec limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000000L};
  /* A timeout, a signal and an interruption all mean: look again. */
  (void)sigtimedwait(&child, NULL, &limit);
}

int tendon_lab_processors(int *processors, int most) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 0;
  int count = 0;
  for (int i = 0; i < CPU_SETSIZE && count < most; i++)
    if (CPU_ISSET(i, &allowed)) processors[count++] = i;
  return count;
}

static int finish_connect(int fd, int timeout_ms) {
  struct pollfd waiting = {.fd = fd, .events = POLLOUT};
  int ready = poll(&waiting, 1, timeout_ms);
  if (ready == 0) return ETIMEDOUT;
  if (ready < 0) return errno;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
  return error;
}

int tendon_lab_probe_tcp(const char *address, int port, int timeout_ms) {
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  if (inet_pton(AF_INET, address, &peer.sin_addr) != 1) return EINVAL;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  int error = connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0 ? 0 : errno;
  if (error == EINPROGRESS) error = finish_connect(fd, timeout_ms);
  close(fd);
  return error;
}
