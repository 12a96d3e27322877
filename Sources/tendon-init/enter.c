/* SPDX-License-Identifier: Apache-2.0 */
#include "enter.h"
#include "children.h"
#include "enter_request.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL = 0, HANG_UP_MS = 500, KILL_MS = 5000, LAST_CAPABILITY = 63 };

/* In the order in which they are joined; the mount namespace last, as the others are found through /proc. */
static const char *const NAMESPACES[] = {"cgroup", "ipc", "uts", "net", "mnt"};
enum { NAMESPACE_COUNT = sizeof NAMESPACES / sizeof *NAMESPACES };

struct command {
  struct enter_request request;
  /* -1: it is ours already. */
  int namespaces[NAMESPACE_COUNT];
  int pid_namespace;
  int root;
  int directory;
  struct rlimit limits[RLIM_NLIMITS];
};

struct failure {
  int32_t step;
  int32_t error;
};

static int tell(uint32_t type, uint32_t step, int32_t value) {
  const struct tendon_enter_news news = {.type = type, .step = step, .value = value};
  return send(CONTROL, &news, sizeof news, MSG_NOSIGNAL) == sizeof news ? 0 : -1;
}

static int fail(uint32_t step, int error) {
  tell(TENDON_ENTER_FAILED, step, error);
  return 1;
}

/* before + text + after: all of it short. */
static const char *joined(char path[64], const char *before, const char *text, const char *after) {
  *path = 0;
  strncat(path, before, 20);
  strncat(path, text, 20);
  strncat(path, after, 20);
  return path;
}

static int open_below(int process, const char *name, int flags) {
  return openat(process, name, flags | O_CLOEXEC);
}

/* *fd is -1 where both processes are in the same namespace, or the kernel has none of this kind. */
static int open_namespace(int process, const char *name, int *fd) {
  char path[64];
  struct stat own, other;
  *fd = -1;
  if (stat(joined(path, "/proc/self/ns/", name, ""), &own) < 0)
    return errno == ENOENT ? 0 : errno;
  int found = open_below(process, joined(path, "ns/", name, ""), O_RDONLY);
  if (found < 0 || fstat(found, &other) < 0)
    return errno;
  if (own.st_ino == other.st_ino && own.st_dev == other.st_dev)
    close(found);
  else
    *fd = found;
  return 0;
}

static int open_process(int pid) {
  char path[64], digits[12];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  for (; pid > 0; pid /= 10)
    *--at = (char)('0' + pid % 10);
  return open(joined(path, "/proc/", at, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Everything that is found through the process that is joined. Zero, or an errno. */
static int find(struct command *command) {
  int process = open_process(command->request.head->pid);
  if (process < 0)
    return errno == ENOENT ? ESRCH : errno;
  int error = open_namespace(process, "pid", &command->pid_namespace);
  for (int i = 0; !error && i < NAMESPACE_COUNT; i++)
    error = open_namespace(process, NAMESPACES[i], &command->namespaces[i]);
  if (error)
    return error;
  command->root = open_below(process, "root", O_PATH | O_DIRECTORY);
  if (command->root < 0)
    return errno;
  /* One that was removed is no reason to fail. */
  command->directory = open_below(process, "cwd", O_PATH | O_DIRECTORY);
  for (int i = 0; i < RLIM_NLIMITS; i++) {
    /* Of another user's process they are told to CAP_SYS_RESOURCE only; without it ours count. */
    if (prlimit(command->request.head->pid, i, NULL, &command->limits[i]) < 0 &&
        (errno != EPERM || getrlimit(i, &command->limits[i]) < 0))
      return errno;
  }
  /* Last: all that was opened is of a process with this start time, or not used. */
  return process_start_time(command->request.head->pid) == command->request.head->start_time ? 0 : ESRCH;
}

static int join(const struct command *command) {
  for (int i = 0; i < NAMESPACE_COUNT; i++)
    if (command->namespaces[i] >= 0 && setns(command->namespaces[i], 0) < 0)
      return errno;
  return 0;
}

static int change_root(const struct command *command) {
  if (fchdir(command->root) < 0 || chroot(".") < 0)
    return errno;
  if (command->directory < 0 || fchdir(command->directory) < 0)
    return chdir("/") < 0 ? errno : 0;
  return 0;
}

static int set_streams(const struct command *command) {
  if (setsid() < 0)
    return errno;
  for (int i = 0; i < 3; i++)
    if (dup2(command->request.fds[i], i) < 0)
      return errno;
  if (command->request.head->flags & TENDON_ENTER_TERMINAL && ioctl(0, TIOCSCTTY, 0) < 0)
    return errno;
  return 0;
}

static int drop_capabilities(const struct command *command) {
  for (int i = 0; i <= LAST_CAPABILITY; i++) {
    if (command->request.head->capabilities >> i & 1 || prctl(PR_CAPBSET_READ, i, 0, 0, 0) <= 0)
      continue;
    if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
      return errno;
  }
  return 0;
}

static int become(const struct command *command) {
  const struct tendon_enter *head = command->request.head;
  if (setgroups(head->group_count, command->request.groups) < 0 ||
      setresgid(head->gid, head->gid, head->gid) < 0 ||
      setresuid(head->uid, head->uid, head->uid) < 0)
    return errno;
  if (head->flags & TENDON_ENTER_NO_NEW_PRIVILEGES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return errno;
  return 0;
}

static int set_limits(const struct command *command) {
  for (int i = 0; i < RLIM_NLIMITS; i++)
    if (setrlimit(i, &command->limits[i]) < 0)
      return errno;
  return 0;
}

static _Noreturn void run_child(struct command *command, int report) {
  static const struct {
    int (*run)(const struct command *);
    int32_t step;
  } steps[] = {
      {set_limits, TENDON_ENTER_STEP_LIMITS},    {join, TENDON_ENTER_STEP_NAMESPACE},
      {change_root, TENDON_ENTER_STEP_ROOT},     {set_streams, TENDON_ENTER_STEP_TERMINAL},
      {drop_capabilities, TENDON_ENTER_STEP_CAPABILITIES}, {become, TENDON_ENTER_STEP_USER},
  };
  struct failure failure = {0, 0};
  for (size_t i = 0; !failure.error && i < sizeof steps / sizeof *steps; i++)
    failure = (struct failure){steps[i].step, steps[i].run(command)};
  if (!failure.error) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* The program is looked up in the PATH that it gets. */
    environ = command->request.envp;
    execvp(command->request.argv[0], command->request.argv);
    failure = (struct failure){TENDON_ENTER_STEP_EXEC, errno};
  }
  if (write(report, &failure, sizeof failure) < 0)
    _exit(126);
  _exit(127);
}

/* The child's pid once its program runs, or 0 after it was told why not. */
static pid_t start(struct command *command) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) {
    fail(TENDON_ENTER_STEP_FORK, errno);
    return 0;
  }
  if (command->pid_namespace >= 0 && setns(command->pid_namespace, CLONE_NEWPID) < 0) {
    fail(TENDON_ENTER_STEP_NAMESPACE, errno);
    return 0;
  }
  pid_t child = fork();
  if (child < 0) {
    fail(TENDON_ENTER_STEP_FORK, errno);
    return 0;
  }
  if (child == 0)
    run_child(command, report[1]);
  close(report[1]);
  for (int i = 0; i < 3; i++)
    close(command->request.fds[i]);
  struct failure failure;
  if (read(report[0], &failure, sizeof failure) == sizeof failure) {
    waitpid(child, NULL, 0);
    fail((uint32_t)failure.step, failure.error);
    return 0;
  }
  close(report[0]);
  return child;
}

/* The parent of a process, from field 4 of /proc/PID/stat; 0 when it can't be told. */
static int parent_of(const char *pid) {
  char path[64], text[512];
  int fd = open(joined(path, "/proc/", pid, "/stat"), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  text[length > 0 ? length : 0] = 0;
  const char *name_end = strrchr(text, ')');
  return name_end && strlen(name_end) > 4 ? atoi(name_end + 4) : 0;
}

static void kill_children(void) {
  struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
  };
  _Alignas(8) char buffer[4096];
  int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0)
    return;
  long count;
  while ((count = syscall(SYS_getdents64, proc, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < count;) {
      const struct entry *entry = (const void *)(buffer + at);
      at += entry->length;
      if (entry->name[0] >= '1' && entry->name[0] <= '9' && parent_of(entry->name) == getpid())
        kill(atoi(entry->name), SIGKILL);
    }
  close(proc);
}

/* Ends whatever the command has left: it has come to be ours, as we are its subreaper. */
static void end_leftovers(void) {
  for (int waited = 0; waited < KILL_MS; waited += 5) {
    pid_t reaped;
    while ((reaped = waitpid(-1, NULL, WNOHANG | __WALL)) > 0) {
    }
    if (reaped < 0 && errno == ECHILD)
      return;
    kill_children();
    poll(NULL, 0, 5);
  }
}

/* true: the command has ended; its process group is killed before its pid can be another's. */
static bool has_ended(pid_t child, int *status) {
  siginfo_t info = {.si_pid = 0};
  if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
    return false;
  kill(-child, SIGKILL);
  waitpid(child, status, 0);
  return true;
}

static void reap_others(pid_t child) {
  siginfo_t info;
  for (;;) {
    info.si_pid = 0;
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0 ||
        info.si_pid == child)
      return;
    waitpid(info.si_pid, NULL, WNOHANG);
  }
}

/* false: the agent has hung up. */
static bool take_signal(pid_t child) {
  struct tendon_enter_signal message;
  ssize_t length = recv(CONTROL, &message, sizeof message, 0);
  if (length == sizeof message) {
    kill(-child, message.signal);
    return true;
  }
  return length < 0 && errno == EINTR;
}

static int attend(pid_t child, int signals) {
  int status = 0;
  bool hung_up = false;
  int left = HANG_UP_MS;
  while (!has_ended(child, &status)) {
    reap_others(child);
    struct pollfd polled[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = hung_up ? -1 : CONTROL, .events = POLLIN},
    };
    poll(polled, 2, hung_up ? 20 : -1);
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
    }
    if (hung_up && (left -= 20) <= 0)
      kill(-child, SIGKILL);
    if (!hung_up && polled[1].revents && !take_signal(child)) {
      hung_up = true;
      kill(-child, SIGHUP);
      kill(-child, SIGCONT);
    }
  }
  end_leftovers();
  return tell(TENDON_ENTER_ENDED, 0, status) < 0;
}

int enter_main(void) {
  struct command command;
  sigset_t waited;
  /* Nobody in the instance is to reach this program through our /proc entry. */
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigemptyset(&waited);
  sigaddset(&waited, SIGCHLD);
  sigprocmask(SIG_SETMASK, &waited, NULL);
  int signals = signalfd(-1, &waited, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0)
    return fail(TENDON_ENTER_STEP_MESSAGE, errno);
  int error = enter_receive(CONTROL, &command.request);
  if (error)
    return fail(TENDON_ENTER_STEP_MESSAGE, error);
  error = find(&command);
  if (error)
    return fail(TENDON_ENTER_STEP_FIND, error);
  pid_t child = start(&command);
  if (child == 0)
    return 1;
  tell(TENDON_ENTER_STARTED, 0, 0);
  return attend(child, signals);
}
