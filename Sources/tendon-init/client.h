/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_CLIENT_H
#define TENDON_CLIENT_H

/* The one client: its requests, and what is to be sent to it as fast as it reads. */

#include "codec.h"

#include <limits.h>

struct client {
  /* -1: there is none. */
  int fd;
  bool greeted;
  /* `answer` has to be sent before anything else is done. */
  bool answer_waits;
  /* A list is being sent: what was sent last of children.all, else NULL. */
  struct link *list_at;
  uint32_t list_count;
  /* The shutdown was granted: end once the answer is sent. */
  bool ending;
  struct answer answer;
};

/* What the process is made of. */
struct init {
  struct children children;
  struct client client;
  int pid;
  uint64_t start_time;
  /* TENDON_INIT_MAX_MESSAGE bytes, given back to the kernel after a large message. */
  char *buffer;
  /* What a child runs on until it has its program. */
  void *stack;
  size_t stack_size;
  /* Where our own program lies: what SIGHUP starts again. */
  char program[PATH_MAX];
  /* The program to become; empty: none. */
  char next[PATH_MAX];
  /* By the client, which is to be answered. */
  bool next_is_asked;
};

/* Takes the place of the client there was. */
void client_adopt(struct init *init, int fd);
void client_drop(struct init *init);

/* Says why its UPGRADE came to nothing. */
void client_refuse_upgrade(struct init *init, const char *what, int error);

/* What poll(2) is to wait for. A client that doesn't read isn't read from. */
short client_events(const struct init *init);

/* Reads and serves one request. */
void client_serve(struct init *init);

/* Sends what can be sent without waiting. */
void client_flush(struct init *init);

#endif
