/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_SPAWN_H
#define TENDON_SPAWN_H

/* Starting a program with one clone3(2): used by tendon-init, and by Swift through CLinux. */

#include "tendon_plan.h"

#include <stddef.h>
#include <stdint.h>

/* What was being done when a spawn failed. */
enum tendon_spawn_step {
  TENDON_STEP_NONE = 0,
  TENDON_STEP_CLONE = 1,
  TENDON_STEP_SESSION = 2,
  TENDON_STEP_FDS = 3,
  TENDON_STEP_RLIMIT = 4,
  TENDON_STEP_GROUPS = 5,
  TENDON_STEP_GID = 6,
  TENDON_STEP_UID = 7,
  TENDON_STEP_CHDIR = 8,
  TENDON_STEP_EXEC = 9,
  /* The program ran, but could not be identified (start time), and was killed. */
  TENDON_STEP_IDENTIFY = 10,
  /* A step of the plan: tendon_spawned.plan_step. */
  TENDON_STEP_PLAN = 11,
  /* The process that was to do the plan could not be started, ended (ECHILD), or took too long (ETIMEDOUT). */
  TENDON_STEP_HELPER = 12,
};

enum {
  TENDON_SPAWN_SESSION = 1,    /* setsid(2) */
  TENDON_SPAWN_SET_IDS = 2,    /* groups, gid, uid */
  TENDON_SPAWN_SET_NOFILE = 4, /* RLIMIT_NOFILE */
  TENDON_SPAWN_SET_UMASK = 8,
  /* The caller neither catches nor ignores any signal: spares 64 system calls to find out. */
  TENDON_SPAWN_SIGNALS_ARE_DEFAULT = 16,
};

/* Everything is borrowed for the length of the call. */
struct tendon_spawn {
  /* Without a slash, argv[0] is looked up in the PATH of envp. Both end with NULL. */
  char *const *argv;
  char *const *envp;
  /* NULL: the caller's. Not with a plan, which says where. */
  const char *cwd;
  /* Directory of the cgroup to be born in, or -1: the caller's. */
  int cgroup_fd;
  /* stdin, stdout, stderr; -1: /dev/null. All others are closed. */
  int fds[3];
  uint32_t flags;
  uint32_t uid;
  uint32_t gid;
  uint32_t umask;
  const uint32_t *groups;
  size_t group_count;
  uint64_t nofile_soft;
  uint64_t nofile_hard;
  /*
   * What the child does to itself after all of the above and before its directory and program; without a
   * fault. NULL: nothing. One with TENDON_PLAN_HELPER is done by the caller's own program, started as `helper`
   * says: tendon-init --exec PROGRAM ARGUMENTS.
   */
  const struct tendon_plan *plan;
  size_t plan_length;
  char *const *helper;
  /* The child's stack until it runs its program; NULL: one is mapped for the call. */
  void *stack;
  size_t stack_size;
};

struct tendon_spawned {
  int pid;
  /*
   * Field 22 of /proc/PID/stat, in ticks of 1/100 s since boot, where the clock tells it without that file; 0 where a
   * tick began just then.
   */
  uint64_t start_ticks;
  /* Close-on-exec, the caller's to close; -1 when the spawn failed. */
  int pidfd;
  /* enum tendon_spawn_step and its errno when the spawn failed. */
  int step;
  int error;
  /* The number of the plan's step, with TENDON_STEP_PLAN. */
  uint32_t plan_step;
};

/*
 * Starts a program and returns 0 once execve has succeeded, or a negative errno with the step in
 * `result`; a child that failed has been reaped by then. The calling thread is suspended until the
 * program runs; no memory is copied, so the cost doesn't grow with the caller's heap. The child
 * starts with default signal dispositions and an empty mask.
 */
int tendon_spawn(const struct tendon_spawn *request, struct tendon_spawned *result);

/* The name of a step for a message: "exec"; "unknown" for a value that is none. */
const char *tendon_spawn_step_name(int step);

#endif
