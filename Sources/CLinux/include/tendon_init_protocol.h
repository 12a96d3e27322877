/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_INIT_PROTOCOL_H
#define TENDON_INIT_PROTOCOL_H

/*
 * What the agent and tendon-init say to each other over a Unix SOCK_SEQPACKET socket.
 *
 * One datagram is one message: a struct tendon_header, the rest of the message's struct, then the
 * variable part where the struct names one. Integers are in host order (both ends are on one
 * host), reserved fields are zero. Strings carry a NUL at their end, which their length counts.
 *
 * Requests are answered in the order they were sent, one answer each, except that LIST is answered
 * by any number of CHILD and one LIST_END, and ACK is answered only when it is wrong. EXITED may
 * come between any two answers but never inside a list. A malformed request is answered by ERROR
 * and changes nothing.
 *
 * HELLO, UPGRADE and their answers (HELLO_OK up to its unacknowledged, UPGRADED, ERROR) are the same
 * in all versions, and UPGRADE may come before HELLO: so an agent can make any tendon-init its own.
 *
 * An exit is kept until it is acknowledged. A client hears of those that happen while it is
 * connected by EXITED, and of those from before by LIST.
 */

#include <stdint.h>

enum {
  TENDON_INIT_VERSION = 2,
  /* The largest message in either direction, in bytes. */
  TENDON_INIT_MAX_MESSAGE = 192 * 1024,
  /* The longest instance name, its NUL included. */
  TENDON_INIT_MAX_NAME = 512,
  /* The most supplementary groups (the kernel's own limit is 65536). */
  TENDON_INIT_MAX_GROUPS = 1024,
  /* Room for the name of a build, its NUL included. */
  TENDON_INIT_BUILD_SPACE = 24,
  /* The most descriptors that a message carries: cgroup, stdin, stdout, stderr. */
  TENDON_INIT_MAX_FDS = 4,
};

/* Message types: requests below 100, answers and events from 100. */
enum {
  TENDON_INIT_HELLO = 1,
  TENDON_INIT_SPAWN = 2,
  TENDON_INIT_LIST = 3,
  TENDON_INIT_ACK = 4,
  TENDON_INIT_SHUTDOWN = 5,
  TENDON_INIT_UPGRADE = 6,

  TENDON_INIT_HELLO_OK = 100,
  TENDON_INIT_SPAWNED = 101,
  TENDON_INIT_SPAWN_FAILED = 102,
  TENDON_INIT_CHILD = 103,
  TENDON_INIT_LIST_END = 104,
  TENDON_INIT_EXITED = 105,
  TENDON_INIT_SHUTDOWN_OK = 106,
  TENDON_INIT_SHUTDOWN_REFUSED = 107,
  TENDON_INIT_ERROR = 108,
  TENDON_INIT_UPGRADED = 109,
};

/* struct tendon_init_spawn.flags */
enum {
  /* Set the supplementary groups, gid and uid of the request. */
  TENDON_INIT_SET_IDS = 1,
  /* Set RLIMIT_NOFILE. */
  TENDON_INIT_SET_NOFILE = 2,
  /* The first descriptor is a cgroup's directory, in which the child is to be born. */
  TENDON_INIT_CGROUP = 4,
};

/* struct tendon_init_error.code */
enum {
  TENDON_INIT_MALFORMED = 1,
  TENDON_INIT_TOO_LARGE = 2,
  TENDON_INIT_UNKNOWN_TYPE = 3,
  TENDON_INIT_UNKNOWN_VERSION = 4,
  TENDON_INIT_HELLO_FIRST = 5,
  TENDON_INIT_STILL_RUNNING = 6,
  TENDON_INIT_NOT_UPGRADED = 7,
};

/* struct tendon_init_child.state */
enum {
  TENDON_INIT_RUNNING = 1,
  TENDON_INIT_ENDED = 2,
};

struct tendon_header {
  uint32_t type;
  /* Of the whole message, this header included. */
  uint32_t length;
};

/* HELLO: the first message of a client. */
struct tendon_init_hello {
  struct tendon_header header;
  uint32_t version;
  uint32_t reserved;
};

/*
 * SPAWN: start a child. Descriptors: [cgroup directory,] stdin, stdout, stderr.
 * Followed by: the plan (tendon_plan.h); group_count x uint32_t; name; cwd; argc strings; envc strings, in this order and
 * without padding.
 */
struct tendon_init_spawn {
  struct tendon_header header;
  /* Chosen by the client, returned in the answer. */
  uint64_t request;
  uint64_t epoch;
  /* RLIMIT_NOFILE, with TENDON_INIT_SET_NOFILE. */
  uint64_t nofile_soft;
  uint64_t nofile_hard;
  uint32_t flags;
  uint32_t uid;
  uint32_t gid;
  uint32_t umask;
  uint32_t group_count;
  uint32_t name_length;
  uint32_t cwd_length;
  uint32_t argc;
  uint32_t argv_length;
  uint32_t envc;
  uint32_t env_length;
  /* A multiple of 8; zero: no plan. */
  uint32_t plan_length;
};

/* LIST, SHUTDOWN, SHUTDOWN_OK and UPGRADED are a bare header. */

/*
 * UPGRADE: become another program, by execve in place, with all children and exits. Followed by its
 * absolute path. Answered by UPGRADED, which the new program sends before it closes the connection
 * (to the socket there is connected again), or by ERROR, and then nothing has changed.
 */
struct tendon_init_upgrade {
  struct tendon_header header;
  uint32_t path_length;
  uint32_t reserved;
};

/* ACK: forget this exit. One that is not known is ignored (it was acknowledged before). */
struct tendon_init_ack {
  struct tendon_header header;
  uint64_t epoch;
  uint64_t start_time;
  int32_t pid;
  uint32_t reserved;
};

struct tendon_init_hello_ok {
  struct tendon_header header;
  uint64_t start_time;
  uint32_t version;
  int32_t pid;
  /* Children that run, and exits not acknowledged yet. */
  uint32_t running;
  uint32_t unacknowledged;
  /* Names what it was built from; from version 2. */
  char build[TENDON_INIT_BUILD_SPACE];
};

/* SPAWNED: the program runs (execve succeeded). Descriptor: its pidfd. */
struct tendon_init_spawned {
  struct tendon_header header;
  uint64_t request;
  uint64_t epoch;
  /* Field 22 of /proc/PID/stat: clock ticks since boot. */
  uint64_t start_time;
  int32_t pid;
  uint32_t reserved;
};

/* SPAWN_FAILED: nothing runs and nothing is kept. */
struct tendon_init_spawn_failed {
  struct tendon_header header;
  uint64_t request;
  uint64_t epoch;
  /* enum tendon_spawn_step */
  uint32_t step;
  /* errno of that step */
  int32_t error;
  /* With TENDON_STEP_PLAN: the number of the plan's step, from 0. */
  uint32_t plan_step;
  uint32_t reserved;
};

/*
 * CHILD: one entry of a list, running ones with their pidfd as descriptor. EXITED: the same, state
 * TENDON_INIT_ENDED. Followed by the instance's name.
 */
struct tendon_init_child {
  struct tendon_header header;
  uint64_t epoch;
  uint64_t start_time;
  /* CLOCK_REALTIME and CLOCK_BOOTTIME of the reaping; zero while it runs. */
  int64_t exit_realtime_ns;
  int64_t exit_boottime_ns;
  int32_t pid;
  /* As from wait4(2); zero while it runs. */
  int32_t wait_status;
  uint32_t state;
  uint32_t name_length;
};

struct tendon_init_list_end {
  struct tendon_header header;
  uint32_t count;
  uint32_t reserved;
};

struct tendon_init_shutdown_refused {
  struct tendon_header header;
  uint32_t running;
  uint32_t unacknowledged;
};

/* ERROR: followed by a text. */
struct tendon_init_error {
  struct tendon_header header;
  /* The request's id where it was a SPAWN long enough to have one, else zero. */
  uint64_t request;
  uint32_t request_type;
  uint32_t code;
  uint32_t text_length;
  uint32_t reserved;
};

#endif
