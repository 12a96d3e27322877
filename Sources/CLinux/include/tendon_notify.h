/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_NOTIFY_H
#define TENDON_NOTIFY_H

#include <stddef.h>

/* A bound datagram socket that everyone may write to; an older one at the path is replaced. */
int tendon_notify_open(const char *path);

/*
 * Receives one datagram; never waits. Returns its length (0 where it was longer than the room for it) and the
 * sender's pid, which the kernel vouches for (0 where it did not say).
 */
long tendon_notify_receive(int fd, void *bytes, size_t capacity, int *pid);

#endif
