/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLINUX_H
#define CLINUX_H

/*
 * What Swift can't call itself: variadic and missing system calls, ancillary data, macros of the
 * wait status. Functions return zero or a value on success and a negative errno on failure.
 */

#include "CLinuxLab.h"
#include "tendon_datagrams.h"
#include "tendon_enter_protocol.h"
#include "tendon_init_protocol.h"
#include "tendon_log_file.h"
#include "tendon_notify.h"
#include "tendon_plan.h"
#include "tendon_quota.h"
#include "tendon_spawn.h"
#include "tendon_spread.h"
#include "tendon_terminal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A pidfd of any process, close-on-exec. */
int tendon_pidfd_open(int pid);

int tendon_pidfd_send_signal(int pidfd, int signal);

/*
 * Waits for a child of this process by its pidfd and reaps it. 1: it ended, `wait_status` is as from
 * wait4(2). 0: it runs (only without `block`).
 */
int tendon_pidfd_wait(int pidfd, bool block, int *wait_status);

/* Names the calling thread, at most 15 characters, and returns the kernel's number of it. */
int tendon_thread_name(const char *name);

/* The macros of wait(2). */
bool tendon_wait_exited(int wait_status);
int tendon_wait_exit_code(int wait_status);
int tendon_wait_signal(int wait_status);
bool tendon_wait_core_dumped(int wait_status);

/* A connected, non-blocking, close-on-exec SOCK_SEQPACKET socket; never waits. */
int tendon_seqpacket_connect(const char *path);

/* Sends one message with descriptors along; never waits, never raises SIGPIPE. */
int tendon_send_message(int fd, const void *bytes, size_t length, const int *fds, int fd_count);

struct tendon_received {
  /* Zero: the other side has closed. */
  size_t length;
  int fd_count;
  /* The message was longer than the room for it, or came with more descriptors (or more than this
     process may open). */
  bool truncated;
  bool fds_truncated;
};

/* Receives one message; never waits. Descriptors are close-on-exec and the caller's to close. */
int tendon_receive_message(
    int fd, void *bytes, size_t capacity, int *fds, int fd_capacity,
    struct tendon_received *received);

/*
 * Waits until one of two descriptors is ready. Bits of the answer: 1 the first can be read (or has
 * ended), 2 the first can be written, 4 the second can be read (-1: there is none). 0: the time is
 * over; negative milliseconds wait forever.
 */
int tendon_poll_two(int first, bool writing, int second, int timeout_ms);

/* An eventfd(2) to wake a thread that polls: non-blocking, close-on-exec. */
int tendon_wake_open(void);
int tendon_wake(int fd);
int tendon_wake_take(int fd);

/* A pipe, both ends close-on-exec: ends[0] is read, ends[1] written. */
int tendon_pipe(int *ends);

/*
 * Memory that was freed. Few arenas: all threads share what is free instead of each keeping its own; to be
 * called before there are many threads. Trim: gives whole free pages back to the kernel.
 */
void tendon_memory_few_arenas(void);
void tendon_memory_trim(void);

/* Asks for disk space behind a file's end, without making the file longer. 0, or a negative errno. */
int tendon_reserve(int fd, int64_t offset, int64_t length);
/* O_PATH of open(2), which is behind a feature macro. */
int tendon_o_path(void);

/* "No such file or directory"; never NULL. The text is constant. */
const char *tendon_errno_text(int error);

/* Writes out everything of the file system that `fd` lies in (syncfs(2)). Zero, or a negative errno. */
int tendon_syncfs(int fd);

#endif
