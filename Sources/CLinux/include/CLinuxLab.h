/* SPDX-License-Identifier: Apache-2.0 */
/* What the lab needs from libc and Swift cannot call: spawning with a set of descriptors,
 * wait-status macros, mount flags, namespaces, the end of a machine. */
#ifndef CLINUX_LAB_H
#define CLINUX_LAB_H

#include <stdbool.h>
#include <sys/types.h>

/* Starts argv[0] (searched in PATH unless it holds a slash). Child descriptors 0..count-1 are
 * copies of fds; every other descriptor is closed. Signal mask empty, dispositions default.
 * new_session: the child leads a session of its own. Returns 0 or an errno. */
int tendon_lab_spawn(const char *const *argv, const char *const *envp, const int *fds, int count,
                     bool new_session, pid_t *pid);

/* A pipe, close-on-exec: ends[0] to read, ends[1] to write. Returns 0 or an errno. */
int tendon_lab_pipe(int ends[2]);

/* Waits for one child (or any, with -1). Returns its pid, 0 when none has ended (only without
 * block) or a negative errno. *status is the exit code, or 128 + the signal that ended it. */
pid_t tendon_lab_wait(pid_t pid, bool block, int *status);

/* Returns 0 or an errno. */
int tendon_lab_mount(const char *source, const char *target, const char *type, const char *data,
                     bool read_only, bool bind);

/* Loads a kernel module from an uncompressed file (finit_module(2)); fine when it is loaded already. */
int tendon_lab_load_module(const char *path);
/* Makes every mount of this mount namespace private. Returns 0 or an errno. */
int tendon_lab_mounts_private(void);
/* Makes the root mount of this mount namespace read-only, not those below it. 0 or an errno. */
int tendon_lab_root_read_only(void);
/* Makes this process's cgroup the root of the cgroup tree it sees. Returns 0 or an errno. */
int tendon_lab_new_cgroup_namespace(void);
/* Ends the machine (or the PID namespace) this is PID 1 of, without asking anything to stop. */
int tendon_lab_halt(void);
/* Becomes another program. Returns only an errno. */
int tendon_lab_exec(const char *const *argv);
int tendon_lab_set_hostname(const char *name);
/* Sets the wall clock on by so many seconds, or back, and exactly so: what it reads meanwhile is kept.
 * Returns 0 or an errno. */
int tendon_lab_step_clock(long seconds);

/* Opens a terminal as a plain byte pipe: no echo, no line editing, no newline translation.
 * Returns a close-on-exec descriptor or a negative errno. */
int tendon_lab_open_raw_terminal(const char *path);
/* Opens (creates) a file and takes an exclusive lock, waiting for it. Closing the descriptor
 * releases it; removing the file while it is locked is safe. Returns the descriptor or a negative errno. */
int tendon_lab_lock(const char *path);

/* Blocks SIGCHLD, so that tendon_lab_wait_for_child can wait for it. Returns 0 or an errno. */
int tendon_lab_block_child_signal(void);
/* Returns when a child ended or after timeout_ms, whichever is first. */
void tendon_lab_wait_for_child(int timeout_ms);

/* The processors that this process may run on, at most `most` of them. Returns their count, 0 when it can't be
 * told. */
int tendon_lab_processors(int *processors, int most);

/* Whether a TCP connection to an IPv4 address can be made within timeout_ms: 0 or an errno. */
int tendon_lab_probe_tcp(const char *address, int port, int timeout_ms);

#endif
