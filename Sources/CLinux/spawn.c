/* SPDX-License-Identifier: Apache-2.0 */

/*
 * clone3(CLONE_INTO_CGROUP | CLONE_PIDFD | CLONE_VM | CLONE_VFORK). The child shares the caller's
 * memory and runs on a stack of its own while the caller's thread is suspended, so it may only
 * make system calls, and raw ones: the wrappers of setuid(2) and its like would talk to the
 * caller's other threads. It reports a failure by writing it where the caller can read it.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "helper.h"
#include "include/tendon_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OWN_STACK = 64 * 1024, SIGNALS = 64, SIGSET_BYTES = SIGNALS / 8 };
/* USER_HZ is 100 on all architectures that we run on; /proc rounds down to it. */
enum { TICK_NS = 10 * 1000 * 1000 };

struct child {
  const struct tendon_spawn *request;
  /* Dispositions to put back to the default. */
  uint64_t caught_or_ignored;
  const struct helper *helper;
  volatile int step;
  volatile int error;
  volatile uint32_t plan_step;
  /* Ticks since boot when it began to run, after the kernel had noted its start. */
  volatile uint64_t running_ticks;
};

/* As the kernel makes field 22 of /proc/PID/stat up (nsec_to_clock_t). */
static uint64_t ticks_since_boot(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) / TICK_NS;
}

/* Two results of one system call: the caller returns from here, the child runs `entry` instead. */
static long clone3_running(struct clone_args *args, int (*entry)(void *), void *argument) {
#if defined(__x86_64__)
  register long result __asm__("rax") = SYS_clone3;
  register int (*function)(void *) __asm__("r12") = entry;
  register void *parameter __asm__("r13") = argument;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %[parameter], %%rdi\n\t"
      "call *%[function]\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n\t"
      "hlt\n"
      "1:"
      : "+r"(result)
      : "D"(args), "S"(sizeof *args), [function] "r"(function), [parameter] "r"(parameter),
        [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory", "cc");
  return result;
#elif defined(__aarch64__)
  register long result __asm__("x0") = (long)args;
  register long size __asm__("x1") = sizeof *args;
  register long number __asm__("x8") = SYS_clone3;
  register int (*function)(void *) __asm__("x19") = entry;
  register void *parameter __asm__("x20") = argument;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, #0\n\t"
      "mov x0, %[parameter]\n\t"
      "blr %[function]\n\t"
      "mov x8, %[exit]\n\t"
      "svc #0\n\t"
      "brk #0\n"
      "1:"
      : "+r"(result)
      : "r"(size), "r"(number), [function] "r"(function), [parameter] "r"(parameter),
        [exit] "i"(SYS_exit)
      : "memory", "cc");
  return result;
#else
#error "clone3 with a stack of its own is written for x86_64 and aarch64"
#endif
}

static int failed(struct child *child, int step, int error) {
  child->step = step;
  child->error = error;
  return 127;
}

/* The kernel's own struct: libc's sigaction refuses the two signals it keeps for itself. */
struct kernel_sigaction {
  void (*handler)(int);
  unsigned long flags;
#ifdef __x86_64__
  void (*restorer)(void);
#endif
  uint64_t mask;
};

static void reset_signals(uint64_t which) {
  const struct kernel_sigaction standard = {.handler = SIG_DFL};
  for (int number = 1; number <= SIGNALS; number++)
    if (which >> (number - 1) & 1)
      syscall(SYS_rt_sigaction, number, &standard, NULL, SIGSET_BYTES);
}

static uint64_t signals_not_default(void) {
  uint64_t found = 0;
  for (int number = 1; number <= SIGNALS; number++) {
    struct kernel_sigaction current;
    if (syscall(SYS_rt_sigaction, number, NULL, &current, SIGSET_BYTES) == 0 &&
        current.handler != SIG_DFL)
      found |= UINT64_C(1) << (number - 1);
  }
  return found;
}

/* Puts the three descriptors at 0, 1 and 2, whatever overlaps there is. */
static int arrange_fds(const int wanted[3]) {
  int fds[3];
  for (int target = 0; target < 3; target++) {
    int fd = wanted[target];
    if (fd < 0)
      fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    if (fd >= 0 && fd < 3)
      fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
      return -1;
    fds[target] = fd;
  }
  for (int target = 0; target < 3; target++)
    if (syscall(SYS_dup3, fds[target], target, 0) < 0)
      return -1;
  return (int)syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
}

static int run_child(void *argument) {
  struct child *child = argument;
  const struct tendon_spawn *request = child->request;
  const uint64_t no_signals = 0;

  child->running_ticks = ticks_since_boot();
  reset_signals(child->caught_or_ignored);
  if (request->flags & TENDON_SPAWN_SESSION && syscall(SYS_setsid) < 0)
    return failed(child, TENDON_STEP_SESSION, errno);
  if (arrange_fds(request->fds) < 0)
    return failed(child, TENDON_STEP_FDS, errno);
  if (request->flags & TENDON_SPAWN_SET_UMASK)
    syscall(SYS_umask, request->umask & 0777);
  if (request->flags & TENDON_SPAWN_SET_NOFILE) {
    /* Before the ids: a hard limit is raised by a privileged user only. */
    const uint64_t limit[2] = {request->nofile_soft, request->nofile_hard};
    if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, limit, NULL) < 0)
      return failed(child, TENDON_STEP_RLIMIT, errno);
  }
  if (request->flags & TENDON_SPAWN_SET_IDS) {
    if (syscall(SYS_setgroups, request->group_count, request->groups) < 0)
      return failed(child, TENDON_STEP_GROUPS, errno);
    if (syscall(SYS_setresgid, request->gid, request->gid, request->gid) < 0)
      return failed(child, TENDON_STEP_GID, errno);
    if (syscall(SYS_setresuid, request->uid, request->uid, request->uid) < 0)
      return failed(child, TENDON_STEP_UID, errno);
  }
  if (child->helper) {
    helper_exec(child->helper, request->envp);
    return failed(child, TENDON_STEP_HELPER, errno);
  }
  if (request->plan) {
    struct tendon_plan_run run = {.ready_fd = -1, .stage = -1};
    int error = tendon_plan_execute(request->plan, &run);
    if (error) {
      child->plan_step = run.step;
      return failed(child, TENDON_STEP_PLAN, error);
    }
  }
  /* After the ids: a directory that the user may not enter is an error here and now. A plan has its own. */
  if (request->cwd && !request->plan && syscall(SYS_chdir, request->cwd) < 0)
    return failed(child, TENDON_STEP_CHDIR, errno);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, SIGSET_BYTES);
  return failed(child, TENDON_STEP_EXEC, tendon_execute(request->argv, request->envp));
}

static int clone_child(const struct tendon_spawn *request, struct child *child, int *pidfd) {
  int into_cgroup = request->cgroup_fd >= 0;
  struct clone_args args = {
      .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (into_cgroup ? CLONE_INTO_CGROUP : 0) |
               (request->plan ? request->plan->clone_flags : 0),
      .pidfd = (uintptr_t)pidfd,
      .exit_signal = SIGCHLD,
      .stack = (uintptr_t)request->stack,
      .stack_size = request->stack_size,
      .cgroup = into_cgroup ? (uint64_t)request->cgroup_fd : 0,
  };
  /* No handler of the caller may run in the child, on the caller's memory. */
  const uint64_t all_signals = ~UINT64_C(0);
  uint64_t mask;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, &mask, SIGSET_BYTES);
  long pid = clone3_running(&args, run_child, child);
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIGSET_BYTES);
  return (int)pid;
}

/* One that hangs in a file system can't be waited for: it stays for whoever reaps all children. */
static void reap(int pid, int pidfd, bool may_hang) {
  struct pollfd polled = {.fd = pidfd, .events = POLLIN};
  if (may_hang && poll(&polled, 1, 1000) == 0)
    return;
  while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {
  }
}

static int give_up(struct tendon_spawned *result, int step, int error) {
  result->step = step;
  result->error = error;
  return -error;
}

static int spawn_on_stack(const struct tendon_spawn *request, struct tendon_spawned *result) {
  int all_default = request->flags & TENDON_SPAWN_SIGNALS_ARE_DEFAULT;
  struct child child = {
      .request = request,
      .caught_or_ignored = all_default ? 0 : signals_not_default(),
  };
  struct helper helper;
  if (request->plan && request->plan->flags & TENDON_PLAN_HELPER) {
    int error = helper_open(&helper, request);
    if (error)
      return give_up(result, TENDON_STEP_HELPER, error);
    child.helper = &helper;
  }
  int pidfd = -1;
  const uint64_t before = ticks_since_boot();
  int pid = clone_child(request, &child, &pidfd);
  struct tendon_plan_report report = {
      .step = (uint32_t)child.step, .error = child.error, .plan_step = child.plan_step};
  if (pid < 0)
    report = (struct tendon_plan_report){.step = TENDON_STEP_CLONE, .error = -pid};
  if (child.helper) {
    if (!report.step)
      report = helper_wait(&helper, pidfd);
    helper_close(&helper);
  }
  if (report.step) {
    if (pid >= 0) {
      reap(pid, pidfd, report.error == ETIMEDOUT);
      close(pidfd);
    }
    result->plan_step = report.plan_step;
    return give_up(result, (int)report.step, report.error);
  }
  result->pid = pid;
  result->pidfd = pidfd;
  result->start_ticks = child.running_ticks == before ? before : 0;
  return 0;
}

int tendon_spawn(const struct tendon_spawn *request, struct tendon_spawned *result) {
  *result = (struct tendon_spawned){.pidfd = -1};
  if (request->stack)
    return spawn_on_stack(request, result);

  struct tendon_spawn with_stack = *request;
  with_stack.stack_size = OWN_STACK;
  with_stack.stack = mmap(
      NULL, OWN_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (with_stack.stack == MAP_FAILED)
    return give_up(result, TENDON_STEP_CLONE, errno);
  int answer = spawn_on_stack(&with_stack, result);
  munmap(with_stack.stack, OWN_STACK);
  return answer;
}

const char *tendon_spawn_step_name(int step) {
  switch (step) {
  case TENDON_STEP_NONE: return "none";
  case TENDON_STEP_CLONE: return "clone";
  case TENDON_STEP_SESSION: return "session";
  case TENDON_STEP_FDS: return "fds";
  case TENDON_STEP_RLIMIT: return "rlimit";
  case TENDON_STEP_GROUPS: return "groups";
  case TENDON_STEP_GID: return "gid";
  case TENDON_STEP_UID: return "uid";
  case TENDON_STEP_CHDIR: return "chdir";
  case TENDON_STEP_EXEC: return "exec";
  case TENDON_STEP_IDENTIFY: return "identify";
  case TENDON_STEP_PLAN: return "sandbox";
  case TENDON_STEP_HELPER: return "sandbox helper";
  default: return "unknown";
  }
}
