/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_CODEC_H
#define TENDON_CODEC_H

/* Bytes to requests and back; the format is in tendon_init_protocol.h. */

#include "../CLinux/include/tendon_init_protocol.h"
#include "../CLinux/include/tendon_spawn.h"
#include "children.h"

/* A SPAWN taken apart: all pointers but argv and helper (which are allocated as one) are into the message. */
struct spawn_request {
  uint64_t request;
  uint64_t epoch;
  const char *name;
  uint32_t name_length;
  struct tendon_spawn spawn;
};

/*
 * Checks every length and every terminator. `message` is aligned to 8 bytes and `length` long.
 * NULL: good, and spawn_request_free is due. Otherwise what is wrong with it.
 */
const char *decode_spawn(
    const void *message, size_t length, const int *fds, int fd_count, struct spawn_request *out);
void spawn_request_free(struct spawn_request *request);

/* Names the sources and settings that this program was built from. */
const char *build_name(void);

/* The largest answer: a CHILD with the longest name. */
enum { MAX_ANSWER = sizeof(struct tendon_init_child) + TENDON_INIT_MAX_NAME };

/* An answer on its way to the client. */
struct answer {
  _Alignas(8) char bytes[MAX_ANSWER];
  uint32_t length;
  /* To be sent along and closed, or -1. */
  int fd;
};

void answer_hello(struct answer *out, int pid, uint64_t start_time, const struct children *all);
void answer_spawned(
    struct answer *out, uint64_t request, const struct child *child, int pidfd);
void answer_spawn_failed(
    struct answer *out, const struct spawn_request *request, const struct tendon_spawned *failed);
/* `type` is TENDON_INIT_CHILD or TENDON_INIT_EXITED. */
void answer_child(struct answer *out, uint32_t type, const struct child *child, int pidfd);
void answer_list_end(struct answer *out, uint32_t count);
void answer_upgraded(struct answer *out);
void answer_shutdown(struct answer *out, const struct children *all);
void answer_error(
    struct answer *out, uint64_t request, uint32_t request_type, uint32_t code, const char *text);

#endif
