/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The part of libsystemd that Tendon uses, in calls that Swift can make: sd-bus is variadic.
 * No call keeps anything; each may be made from any thread.
 */
#ifndef CSYSTEMD_H
#define CSYSTEMD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* sd_notify(3) without unsetting NOTIFY_SOCKET. >0 sent, 0 nobody to tell, <0 -errno. */
int tendon_systemd_notify(const char *state);

/* sd_watchdog_enabled(3): microseconds between signs of life, 0 when none are wanted, <0 -errno. */
int64_t tendon_systemd_watchdog_usec(void);

/* sd_listen_fds(3): how many descriptors were passed, from 3 on; marks them close-on-exec. <0 -errno. */
int tendon_systemd_listen_fds(void);

/* sd_journal_sendv(3): one entry of FIELD=value parts. 0 or -errno. */
int tendon_systemd_journal_send(const struct iovec *fields, int count);

/*
 * Starts a transient scope with Delegate=yes that holds `pid`, over the system bus
 * (org.freedesktop.systemd1, StartTransientUnit), and waits until its job is done. In a shutdown,
 * which goes backwards, it is stopped after the unit `before`.
 * 0 or -errno; on error `message` says in words what systemd answered.
 * -EEXIST: a unit of that name is there already, maybe on its way out.
 */
int tendon_systemd_start_scope(const char *name, const char *slice, const char *description,
                               const char *before, pid_t pid, uint64_t timeout_usec,
                               char *message, size_t size);

/*
 * A child that does nothing, to be the first member of a scope: pid, or -errno. It ends with the
 * calling thread at the latest.
 */
pid_t tendon_systemd_placeholder(void);

/* Ends and reaps it. */
void tendon_systemd_placeholder_end(pid_t pid);

#endif
