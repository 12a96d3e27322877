/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_PLAN_H
#define TENDON_PLAN_H

/*
 * What a child does to itself between clone3 and execve: a list of steps, made by the agent, checked
 * by tendon-init and done by the child in their order. Each is one thing that the kernel can refuse,
 * so that a failure is told by the step's number and its errno.
 *
 * A plan is a struct tendon_plan and `step_count` steps. A step is a struct tendon_plan_step, its
 * texts (each with a NUL) and its data, padded with zeros to a multiple of 8 bytes. Integers are in
 * host order.
 */

#include <stddef.h>
#include <stdint.h>

enum {
  TENDON_PLAN_MAX_STEPS = 1024,
  TENDON_PLAN_MAX_GROUPS = 1024,
  /* BPF_MAXINSNS */
  TENDON_PLAN_MAX_FILTER = 4096,
};

/* struct tendon_plan.flags */
enum {
  /* The steps may wait for something (mounts): they are done by a process with an image of its own, within a time. */
  TENDON_PLAN_HELPER = 1,
};

/* What `a`, `b` and `c` are; then the texts, then the data. */
enum tendon_plan_kind {
  /* a: CLONE_NEW* */
  TENDON_PLAN_UNSHARE = 1,
  /* a: RLIMIT_*, b: soft, c: hard */
  TENDON_PLAN_RLIMIT = 2,
  /* file, what is written to it */
  TENDON_PLAN_WRITE = 3,
  /* a: -20 to 19 as a signed number */
  TENDON_PLAN_NICE = 4,
  /* a: class << 13 | level, as in ioprio_set(2) */
  TENDON_PLAN_IOPRIO = 5,
  /* name */
  TENDON_PLAN_HOSTNAME = 6,
  /* The interface lo is brought up. */
  TENDON_PLAN_LOOPBACK = 7,
  /* a: MS_SLAVE or MS_PRIVATE, for all mounts there are */
  TENDON_PLAN_PROPAGATION = 8,
  /* source, target: a copy of the mounts below source becomes the root that all later targets are looked up in */
  TENDON_PLAN_STAGE = 9,
  /* a: TENDON_PLAN_*; source (of the host, or of the stage with IN_STAGE), target */
  TENDON_PLAN_BIND = 10,
  /* a: MS_*, b: TENDON_PLAN_*; type, target, options */
  TENDON_PLAN_MOUNT = 11,
  /* a: MOUNT_ATTR_* to set, b: to clear, c: TENDON_PLAN_*; target */
  TENDON_PLAN_ATTRIBUTES = 12,
  /* target: a directory becomes an empty one, a file /dev/null; fine where it is missing */
  TENDON_PLAN_MASK = 13,
  /* a: mode, b: major << 32 | minor; target */
  TENDON_PLAN_DEVICE = 14,
  /* where it points to, target */
  TENDON_PLAN_SYMLINK = 15,
  /* a: mode; target */
  TENDON_PLAN_DIRECTORY = 16,
  /* a: mode, b: uid << 32 | gid, c: bytes; target; data */
  TENDON_PLAN_FILE = 17,
  /* The stage becomes the root. */
  TENDON_PLAN_PIVOT = 18,
  /* a: uid, b: gid, c: number of supplementary groups; data: uint32_t each */
  TENDON_PLAN_IDS = 19,
  /* a: bit mask of the capabilities that stay in the bounding set */
  TENDON_PLAN_BOUNDING = 20,
  /* a: bit mask of those that are had, b: 1: also as ambient ones, c: 1: as far as we have them */
  TENDON_PLAN_CAPABILITIES = 21,
  TENDON_PLAN_NO_NEW_PRIVILEGES = 22,
  /* a: number of instructions; data: struct sock_filter each */
  TENDON_PLAN_SECCOMP = 23,
  /* directory */
  TENDON_PLAN_CHDIR = 24,
};

/* Flags of mounts. */
enum {
  TENDON_PLAN_RECURSIVE = 1,
  /* The target and the directories above it are made. */
  TENDON_PLAN_MAKE = 2,
  /* Without the target (or source), there is nothing to do. */
  TENDON_PLAN_IF_PRESENT = 4,
  TENDON_PLAN_IN_STAGE = 8,
};

struct tendon_plan {
  /* For clone3 itself: CLONE_NEWPID or zero. */
  uint32_t clone_flags;
  uint32_t flags;
  uint32_t step_count;
  uint32_t reserved;
};

struct tendon_plan_step {
  uint32_t kind;
  /* Of the step with everything behind it, a multiple of 8. */
  uint32_t length;
  uint64_t a;
  uint64_t b;
  uint64_t c;
};

/* What is wrong with a plan, or NULL. `plan` is aligned to 8 bytes. */
const char *tendon_plan_fault(const void *plan, size_t length);

/* One run of a plan. */
struct tendon_plan_run {
  /* Written to (one zero struct tendon_plan_report) when nothing but the filter and the program are left; -1: none. */
  int ready_fd;
  /* Out: the step that failed, from 0. */
  uint32_t step;
  /* The new root while there is one; set to -1. */
  int stage;
};

/*
 * Does the steps of a plan that has no fault. 0, or the errno of run->step. Makes system calls only
 * and touches no memory but its own, so it may run in a child that shares its parent's memory.
 */
int tendon_plan_execute(const struct tendon_plan *plan, struct tendon_plan_run *run);

/* What the process with an image of its own tells its parent. */
struct tendon_plan_report {
  /* enum tendon_spawn_step; zero: ready for the program. */
  uint32_t step;
  int32_t error;
  uint32_t plan_step;
};

/* execvpe(3) without a shell and without memory. Returns the errno to report. */
int tendon_execute(char *const *argv, char *const *envp);

#endif
