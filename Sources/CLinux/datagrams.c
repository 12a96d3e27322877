/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "tendon_datagrams.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct tendon_datagrams {
  struct mmsghdr received[TENDON_DATAGRAMS_MAX];
  struct mmsghdr answers[TENDON_DATAGRAMS_MAX];
  struct iovec received_parts[TENDON_DATAGRAMS_MAX];
  struct iovec answer_parts[TENDON_DATAGRAMS_MAX];
  struct sockaddr_in6 senders[TENDON_DATAGRAMS_MAX];
  unsigned answer_count;
  unsigned char bytes[TENDON_DATAGRAMS_MAX][TENDON_DATAGRAM_BYTES];
};

struct tendon_datagrams *tendon_datagrams_create(void) {
  struct tendon_datagrams *batch = calloc(1, sizeof *batch);
  if (!batch) return NULL;
  for (unsigned i = 0; i < TENDON_DATAGRAMS_MAX; i++) {
    batch->received_parts[i] = (struct iovec){batch->bytes[i], TENDON_DATAGRAM_BYTES};
    batch->received[i].msg_hdr = (struct msghdr){
        .msg_name = &batch->senders[i], .msg_iov = &batch->received_parts[i], .msg_iovlen = 1};
  }
  return batch;
}

void tendon_datagrams_destroy(struct tendon_datagrams *batch) { free(batch); }

int tendon_datagrams_receive(struct tendon_datagrams *batch, int socket) {
  batch->answer_count = 0;
  for (unsigned i = 0; i < TENDON_DATAGRAMS_MAX; i++)
    batch->received[i].msg_hdr.msg_namelen = sizeof batch->senders[i];
  int count;
  /* MSG_TRUNC: msg_len is what was sent, so that one that was cut shows. */
  do count = recvmmsg(socket, batch->received, TENDON_DATAGRAMS_MAX, MSG_DONTWAIT | MSG_TRUNC, NULL);
  while (count < 0 && errno == EINTR);
  if (count >= 0) return count;
  return errno == EAGAIN ? 0 : -errno;
}

const void *tendon_datagrams_at(
    const struct tendon_datagrams *batch, unsigned index, size_t *length) {
  *length = batch->received[index].msg_len;
  return batch->bytes[index];
}

const void *tendon_datagrams_sender(
    const struct tendon_datagrams *batch, unsigned index, size_t *length) {
  *length = batch->received[index].msg_hdr.msg_namelen;
  if (*length > sizeof batch->senders[index]) *length = sizeof batch->senders[index];
  return &batch->senders[index];
}

void tendon_datagrams_answer(
    struct tendon_datagrams *batch, unsigned index, size_t offset, size_t length) {
  if (batch->answer_count == TENDON_DATAGRAMS_MAX) abort();
  unsigned place = batch->answer_count++;
  /* An offset until they are sent: what they lie in may still grow and move. */
  batch->answer_parts[place] = (struct iovec){(void *)offset, length};
  batch->answers[place].msg_hdr = (struct msghdr){
      .msg_name = &batch->senders[index],
      .msg_namelen = batch->received[index].msg_hdr.msg_namelen,
      .msg_iov = &batch->answer_parts[place],
      .msg_iovlen = 1};
}

unsigned tendon_datagrams_send(struct tendon_datagrams *batch, int socket, const void *bytes) {
  for (unsigned i = 0; i < batch->answer_count; i++)
    batch->answer_parts[i].iov_base = (char *)bytes + (size_t)batch->answer_parts[i].iov_base;
  unsigned at = 0, sent = 0;
  while (at < batch->answer_count) {
    int count = sendmmsg(socket, batch->answers + at, batch->answer_count - at, MSG_DONTWAIT);
    if (count > 0) {
      at += (unsigned)count;
      sent += (unsigned)count;
    } else if (errno == EAGAIN) {
      break; /* The socket is full: what is left would only grow old. */
    } else if (errno != EINTR) {
      at++; /* One that can't be reached (no route, a firewall) must not silence the others. */
    }
  }
  batch->answer_count = 0;
  return sent;
}
