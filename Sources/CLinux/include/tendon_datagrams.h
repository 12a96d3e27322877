/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_DATAGRAMS_H
#define TENDON_DATAGRAMS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Datagrams taken from a UDP socket and answered many to a system call: recvmmsg(2), sendmmsg(2). An answer
 * goes to the address that its datagram came from, which nobody has to look at.
 */

/* The most datagrams of one batch. */
#define TENDON_DATAGRAMS_MAX 64
/* What is kept of one; the length of a longer one is told all the same. */
#define TENDON_DATAGRAM_BYTES 1280

struct tendon_datagrams;

/* NULL: no memory. */
struct tendon_datagrams *tendon_datagrams_create(void);
void tendon_datagrams_destroy(struct tendon_datagrams *batch);

/* Takes what waits, without waiting; what the batch held is gone. The count, 0 when nothing waits, or -errno. */
int tendon_datagrams_receive(struct tendon_datagrams *batch, int socket);

/* The bytes of one datagram of the batch; `length` is what was sent, which may be more than was kept. */
const void *tendon_datagrams_at(const struct tendon_datagrams *batch, unsigned index, size_t *length);

/* The address that one datagram came from: a sockaddr_in or sockaddr_in6 of `length` bytes. */
const void *tendon_datagrams_sender(
    const struct tendon_datagrams *batch, unsigned index, size_t *length);

/* Queues an answer to one datagram, at most one each: `length` bytes at `offset` of what is sent from. */
void tendon_datagrams_answer(
    struct tendon_datagrams *batch, unsigned index, size_t offset, size_t length);

/*
 * Sends the queued answers, whose bytes lie in `bytes`, without waiting. Those that the kernel does not take are
 * dropped, and the others sent all the same. The count of those sent.
 */
unsigned tendon_datagrams_send(struct tendon_datagrams *batch, int socket, const void *bytes);

#endif
