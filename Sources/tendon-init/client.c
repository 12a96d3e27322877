/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"
#include "spawn.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Above this, the pages a message touched are given back. */
enum { LARGE_MESSAGE = 16 * 1024 };

void client_drop(struct init *init) {
  struct client *client = &init->client;
  if (client->fd < 0)
    return;
  close(client->fd);
  if (client->answer_waits && client->answer.fd >= 0)
    close(client->answer.fd);
  *client = (struct client){.fd = -1};
  init->next_is_asked = false;
  children_drop_news(&init->children);
}

void client_adopt(struct init *init, int fd) {
  client_drop(init);
  init->client.fd = fd;
}

static bool has_output(const struct init *init) {
  const struct client *client = &init->client;
  return client->answer_waits || client->list_at ||
         (client->greeted && init->children.news.next != &init->children.news);
}

short client_events(const struct init *init) {
  return has_output(init) ? POLLOUT : POLLIN;
}

static void answer_with_error(
    struct init *init, uint64_t request, uint32_t type, uint32_t code, const char *text) {
  answer_error(&init->client.answer, request, type, code, text);
  init->client.answer_waits = true;
}

/* The next entry of the list, or its end. */
static void prepare_list(struct init *init) {
  struct client *client = &init->client;
  struct child *child = children_after(&init->children, client->list_at);
  if (!child) {
    answer_list_end(&client->answer, client->list_count);
    client->list_at = NULL;
    return;
  }
  /* Our own child, not reaped yet: the pid can't be another's. */
  int pidfd = child->ended ? -1 : (int)syscall(SYS_pidfd_open, child->pid, 0);
  answer_child(&client->answer, TENDON_INIT_CHILD, child, pidfd);
  if (child->ended)
    children_no_news_of(child);
  client->list_at = &child->in_all;
  client->list_count++;
}

/* Makes the next answer; false: there is nothing to say. */
static bool prepare(struct init *init) {
  struct client *client = &init->client;
  if (client->answer_waits)
    return true;
  if (!has_output(init))
    return false;
  if (client->list_at) {
    prepare_list(init);
  } else {
    struct child *child = children_first_news(&init->children);
    answer_child(&client->answer, TENDON_INIT_EXITED, child, -1);
    children_no_news_of(child);
  }
  client->answer_waits = true;
  return true;
}

/* 0, or the errno. */
static int send_answer(int fd, const struct answer *answer) {
  struct iovec bytes = {(void *)answer->bytes, answer->length};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (answer->fd >= 0) {
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &answer->fd, sizeof(int));
    message.msg_control = &control;
    message.msg_controllen = sizeof control.space;
  }
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

void client_flush(struct init *init) {
  struct client *client = &init->client;
  while (client->fd >= 0 && prepare(init)) {
    int error = send_answer(client->fd, &client->answer);
    if (error == EAGAIN)
      return;
    if (error) {
      client_drop(init);
      return;
    }
    if (client->answer.fd >= 0)
      close(client->answer.fd);
    client->answer_waits = false;
  }
}

static void serve_hello(struct init *init, size_t length) {
  const struct tendon_init_hello *hello = (const void *)init->buffer;
  if (length != sizeof *hello) {
    answer_with_error(init, 0, TENDON_INIT_HELLO, TENDON_INIT_MALFORMED, "hello: wrong length");
  } else if (hello->version != TENDON_INIT_VERSION) {
    answer_with_error(
        init, 0, TENDON_INIT_HELLO, TENDON_INIT_UNKNOWN_VERSION,
        "hello: this is another version; UPGRADE is open to all");
  } else {
    init->client.greeted = true;
    answer_hello(&init->client.answer, init->pid, init->start_time, &init->children);
    init->client.answer_waits = true;
  }
}

static void serve_spawn(struct init *init, size_t length, const int *fds, int fd_count) {
  const struct tendon_init_spawn *head = (const void *)init->buffer;
  struct spawn_request request;
  const char *wrong = decode_spawn(init->buffer, length, fds, fd_count, &request);
  if (wrong) {
    uint64_t id = length >= sizeof *head ? head->request : 0;
    answer_with_error(init, id, TENDON_INIT_SPAWN, TENDON_INIT_MALFORMED, wrong);
    return;
  }
  spawn_child(init, &request);
  init->client.answer_waits = true;
  spawn_request_free(&request);
}

static void serve_ack(struct init *init, size_t length) {
  const struct tendon_init_ack *ack = (const void *)init->buffer;
  if (length != sizeof *ack) {
    answer_with_error(init, 0, TENDON_INIT_ACK, TENDON_INIT_MALFORMED, "ack: wrong length");
    return;
  }
  if (children_acknowledge(&init->children, ack->epoch, ack->pid, ack->start_time) == ACK_RUNNING)
    answer_with_error(init, 0, TENDON_INIT_ACK, TENDON_INIT_STILL_RUNNING, "ack: still running");
}

static void serve_bare(struct init *init, uint32_t type, size_t length) {
  struct client *client = &init->client;
  if (length != sizeof(struct tendon_header)) {
    answer_with_error(init, 0, type, TENDON_INIT_MALFORMED, "a header and nothing more expected");
  } else if (type == TENDON_INIT_LIST) {
    client->list_at = &init->children.all;
    client->list_count = 0;
  } else {
    /* One that just ended counts. */
    children_reap(&init->children, true);
    answer_shutdown(&client->answer, &init->children);
    client->answer_waits = true;
    client->ending = init->children.running == 0 && init->children.unacknowledged == 0;
  }
}

static void serve_upgrade(struct init *init, size_t length) {
  const struct tendon_init_upgrade *body = (const void *)init->buffer;
  const char *path = init->buffer + sizeof *body;
  if (length < sizeof *body || body->path_length == 0 || body->path_length > sizeof init->next ||
      body->path_length != length - sizeof *body || path[0] != '/' ||
      memchr(path, 0, body->path_length) != path + body->path_length - 1) {
    answer_with_error(
        init, 0, TENDON_INIT_UPGRADE, TENDON_INIT_MALFORMED, "upgrade: no absolute path");
    return;
  }
  memcpy(init->next, path, body->path_length);
  init->next_is_asked = true;
}

void client_refuse_upgrade(struct init *init, const char *what, int error) {
  char text[256];
  size_t length = 0;
  const char *parts[] = {"upgrade: ", what, error ? ": " : "", error ? strerrordesc_np(error) : ""};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    size_t part = strlen(parts[i]);
    if (part >= sizeof text - length)
      break;
    memcpy(text + length, parts[i], part);
    length += part;
  }
  text[length] = 0;
  answer_with_error(init, 0, TENDON_INIT_UPGRADE, TENDON_INIT_NOT_UPGRADED, text);
}

static void serve_message(struct init *init, size_t length, const int *fds, int fd_count) {
  const struct tendon_header *header = (const void *)init->buffer;
  if (length < sizeof *header || header->length != length) {
    answer_with_error(init, 0, 0, TENDON_INIT_MALFORMED, "header: not the length of the message");
    return;
  }
  uint32_t type = header->type;
  if (type != TENDON_INIT_HELLO && type != TENDON_INIT_UPGRADE && !init->client.greeted) {
    answer_with_error(init, 0, type, TENDON_INIT_HELLO_FIRST, "say hello first");
    return;
  }
  if (type != TENDON_INIT_SPAWN && fd_count > 0) {
    answer_with_error(init, 0, type, TENDON_INIT_MALFORMED, "descriptors where none belong");
    return;
  }
  switch (type) {
  case TENDON_INIT_HELLO: serve_hello(init, length); break;
  case TENDON_INIT_SPAWN: serve_spawn(init, length, fds, fd_count); break;
  case TENDON_INIT_ACK: serve_ack(init, length); break;
  case TENDON_INIT_UPGRADE: serve_upgrade(init, length); break;
  case TENDON_INIT_LIST:
  case TENDON_INIT_SHUTDOWN: serve_bare(init, type, length); break;
  default: answer_with_error(init, 0, type, TENDON_INIT_UNKNOWN_TYPE, "unknown type of request");
  }
}

/* All descriptors that came with a message, also ones that don't belong there. */
static int received_fds(struct msghdr *message, int *fds, int capacity) {
  int count = 0;
  for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
      continue;
    int here = (int)((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < here && count < capacity; i++)
      memcpy(&fds[count++], CMSG_DATA(at) + (size_t)i * sizeof(int), sizeof(int));
  }
  return count;
}

void client_serve(struct init *init) {
  struct iovec bytes = {init->buffer, TENDON_INIT_MAX_MESSAGE};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(TENDON_INIT_MAX_FDS * sizeof(int))];
  } control;
  struct msghdr message = {
      .msg_iov = &bytes,
      .msg_iovlen = 1,
      .msg_control = &control,
      .msg_controllen = sizeof control.space,
  };
  ssize_t length = recvmsg(init->client.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (length < 0) {
    client_drop(init);
    return;
  }
  int fds[TENDON_INIT_MAX_FDS];
  int fd_count = received_fds(&message, fds, TENDON_INIT_MAX_FDS);
  if (length == 0 && fd_count == 0)
    client_drop(init); /* its end; an empty message is no message either */
  else if (message.msg_flags & MSG_TRUNC)
    answer_with_error(init, 0, 0, TENDON_INIT_TOO_LARGE, "message too large");
  else if (message.msg_flags & MSG_CTRUNC)
    answer_with_error(init, 0, 0, TENDON_INIT_MALFORMED, "too many descriptors");
  else
    serve_message(init, (size_t)length, fds, fd_count);
  /* Somebody waits for the answer, and nobody for these. */
  client_flush(init);
  for (int i = 0; i < fd_count; i++)
    close(fds[i]);
  if (length > LARGE_MESSAGE)
    madvise(init->buffer, TENDON_INIT_MAX_MESSAGE, MADV_DONTNEED);
}
