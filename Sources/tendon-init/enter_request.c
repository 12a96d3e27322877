/* SPDX-License-Identifier: Apache-2.0 */
#include "enter_request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* `count` strings in exactly `length` bytes; NULL: they are not, or there is no memory. */
static char **strings(char *at, uint32_t count, uint32_t length) {
  if (count > length)
    return NULL;
  char **list = calloc((size_t)count + 1, sizeof *list);
  const char *end = at + length;
  for (uint32_t i = 0; list && i < count; i++) {
    char *nul = memchr(at, 0, (size_t)(end - at));
    if (!nul)
      return NULL;
    list[i] = at;
    at = nul + 1;
  }
  return at == end ? list : NULL;
}

static int take_fds(struct msghdr *message, int fds[3]) {
  struct cmsghdr *at = CMSG_FIRSTHDR(message);
  if (!at || at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS ||
      at->cmsg_len != CMSG_LEN(3 * sizeof(int)))
    return -1;
  memcpy(fds, CMSG_DATA(at), 3 * sizeof(int));
  return 0;
}

int enter_receive(int from, struct enter_request *request) {
  char *buffer = malloc(TENDON_ENTER_MAX_MESSAGE);
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(3 * sizeof(int))];
  } control;
  struct iovec bytes = {buffer, TENDON_ENTER_MAX_MESSAGE};
  struct msghdr message = {.msg_iov = &bytes,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof control};
  if (!buffer)
    return ENOMEM;
  ssize_t length = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
  if (length < 0)
    return errno;
  const struct tendon_enter *head = (const void *)buffer;
  if ((size_t)length < sizeof *head || head->length != length ||
      message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || take_fds(&message, request->fds) < 0)
    return EPROTO;
  uint64_t wanted = sizeof *head + (uint64_t)head->group_count * sizeof(uint32_t) +
                    head->argv_length + head->env_length;
  if (head->group_count > TENDON_ENTER_MAX_GROUPS || wanted != (uint64_t)length || head->argc == 0)
    return EPROTO;
  request->head = head;
  request->groups = (uint32_t *)(buffer + sizeof *head);
  char *text = (char *)(request->groups + head->group_count);
  request->argv = strings(text, head->argc, head->argv_length);
  request->envp = strings(text + head->argv_length, head->envc, head->env_length);
  return request->argv && request->envp ? 0 : EPROTO;
}
