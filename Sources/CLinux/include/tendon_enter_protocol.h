/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_ENTER_PROTOCOL_H
#define TENDON_ENTER_PROTOCOL_H

/*
 * What the agent and `tendon-init --enter` say to each other over a Unix SOCK_SEQPACKET socket, which is the
 * helper's standard input. One helper runs one command beside a process that runs already: in its namespaces, root
 * and working directory, with its limits. It is born in the cgroup in which the command shall be.
 *
 * The agent sends one struct tendon_enter with the command's three standard descriptors, then any number of struct
 * tendon_enter_signal. The helper sends one struct tendon_enter_news with STARTED or FAILED, and after STARTED one
 * with ENDED, when the command and all that it has left behind are gone. When the agent's end is closed, the command
 * is killed: SIGHUP, and SIGKILL half a second later.
 */

#include <stdint.h>

enum {
  TENDON_ENTER_MAX_MESSAGE = 160 * 1024,
  TENDON_ENTER_MAX_GROUPS = 1024,
};

/* struct tendon_enter.flags */
enum {
  /* The descriptors are a terminal, which becomes the controlling one. */
  TENDON_ENTER_TERMINAL = 1,
  TENDON_ENTER_NO_NEW_PRIVILEGES = 2,
};

/* Followed by: group_count x uint32_t; argc strings; envc strings, each with its NUL. */
struct tendon_enter {
  /* Of the whole message. */
  uint32_t length;
  uint32_t flags;
  /* Who is joined. */
  uint64_t start_time;
  /* What of the capability bounding set stays, one bit each. */
  uint64_t capabilities;
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
  uint32_t group_count;
  uint32_t argc;
  uint32_t argv_length;
  uint32_t envc;
  uint32_t env_length;
};

struct tendon_enter_signal {
  /* To the command's process group. */
  int32_t signal;
};

/* struct tendon_enter_news.type */
enum {
  TENDON_ENTER_STARTED = 1,
  TENDON_ENTER_FAILED = 2,
  TENDON_ENTER_ENDED = 3,
};

/* What was being done when it failed. */
enum tendon_enter_step {
  TENDON_ENTER_STEP_MESSAGE = 1,
  TENDON_ENTER_STEP_FIND = 2,
  TENDON_ENTER_STEP_LIMITS = 3,
  TENDON_ENTER_STEP_FORK = 4,
  TENDON_ENTER_STEP_NAMESPACE = 5,
  TENDON_ENTER_STEP_ROOT = 6,
  TENDON_ENTER_STEP_TERMINAL = 7,
  TENDON_ENTER_STEP_CAPABILITIES = 8,
  TENDON_ENTER_STEP_USER = 9,
  TENDON_ENTER_STEP_EXEC = 10,
};

struct tendon_enter_news {
  uint32_t type;
  /* FAILED: enum tendon_enter_step. */
  uint32_t step;
  /* FAILED: its errno. ENDED: the status as from wait4(2). */
  int32_t value;
  uint32_t reserved;
};

#endif
