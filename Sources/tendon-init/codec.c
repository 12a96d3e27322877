/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include <stdlib.h>
#include <string.h>

#ifndef TENDON_INIT_BUILD
#define TENDON_INIT_BUILD "unknown"
#endif
_Static_assert(sizeof TENDON_INIT_BUILD <= TENDON_INIT_BUILD_SPACE, "the build's name is too long");

const char *build_name(void) {
  return TENDON_INIT_BUILD;
}

/* What is left of a message. */
struct rest {
  const char *at;
  size_t length;
};

static const char *take(struct rest *rest, size_t length) {
  if (length > rest->length)
    return NULL;
  const char *taken = rest->at;
  rest->at += length;
  rest->length -= length;
  return taken;
}

/* One string with its only NUL at its end. */
static const char *take_string(struct rest *rest, uint32_t length) {
  const char *string = take(rest, length);
  if (!string || length == 0 || memchr(string, 0, length) != string + length - 1)
    return NULL;
  return string;
}

/* `count` strings in exactly `length` bytes, their addresses to `out`. */
static bool take_strings(struct rest *rest, uint32_t count, uint32_t length, char **out) {
  const char *blob = take(rest, length);
  if (!blob)
    return false;
  const char *end = blob + length;
  for (uint32_t i = 0; i < count; i++) {
    const char *nul = blob < end ? memchr(blob, 0, (size_t)(end - blob)) : NULL;
    if (!nul)
      return false;
    out[i] = (char *)blob;
    blob = nul + 1;
  }
  out[count] = NULL;
  return blob == end;
}

static const char *decode_strings(
    struct rest *rest, const struct tendon_init_spawn *in, struct spawn_request *out) {
  /* Each string has at least its NUL, so the counts are bounded by the message. */
  if (in->argc == 0 || in->argc > in->argv_length || in->envc > in->env_length ||
      in->argv_length > rest->length || in->env_length > rest->length)
    return "argv or environment: more strings than bytes";
  char **helper = calloc((size_t)in->argc + in->envc + 4, sizeof *helper);
  if (!helper)
    return "no memory";
  helper[0] = (char *)"tendon-init";
  helper[1] = (char *)"--exec";
  char **strings = helper + 2;
  if (!take_strings(rest, in->argc, in->argv_length, strings) ||
      !take_strings(rest, in->envc, in->env_length, strings + in->argc + 1)) {
    free(helper);
    return "argv or environment: not as many strings as said";
  }
  if (rest->length != 0) {
    free(helper);
    return "bytes left over";
  }
  out->spawn.helper = helper;
  out->spawn.argv = strings;
  out->spawn.envp = strings + in->argc + 1;
  return NULL;
}

static const char *decode_fds(
    uint32_t flags, const int *fds, int fd_count, struct tendon_spawn *spawn) {
  int with_cgroup = flags & TENDON_INIT_CGROUP ? 1 : 0;
  if (fd_count != 3 + with_cgroup)
    return "descriptors: not as many as the flags say";
  spawn->cgroup_fd = with_cgroup ? fds[0] : -1;
  memcpy(spawn->fds, fds + with_cgroup, sizeof spawn->fds);
  return NULL;
}

static uint32_t spawn_flags(uint32_t flags) {
  return TENDON_SPAWN_SESSION | TENDON_SPAWN_SET_UMASK | TENDON_SPAWN_SIGNALS_ARE_DEFAULT |
         (flags & TENDON_INIT_SET_IDS ? TENDON_SPAWN_SET_IDS : 0) |
         (flags & TENDON_INIT_SET_NOFILE ? TENDON_SPAWN_SET_NOFILE : 0);
}

const char *decode_spawn(
    const void *message, size_t length, const int *fds, int fd_count, struct spawn_request *out) {
  const struct tendon_init_spawn *in = message;
  if (length < sizeof *in)
    return "spawn: too short";
  const uint32_t known = TENDON_INIT_SET_IDS | TENDON_INIT_SET_NOFILE | TENDON_INIT_CGROUP;
  if (in->flags & ~known)
    return "spawn: unknown flags";
  if (in->group_count > TENDON_INIT_MAX_GROUPS)
    return "spawn: too many groups";
  if (in->name_length > TENDON_INIT_MAX_NAME)
    return "spawn: name too long";

  struct rest rest = {(const char *)message + sizeof *in, length - sizeof *in};
  memset(out, 0, sizeof *out);
  if (in->plan_length) {
    const void *plan = take(&rest, in->plan_length);
    const char *fault = plan && in->plan_length % 8 == 0
                            ? tendon_plan_fault(plan, in->plan_length)
                            : "spawn: a plan of a wrong length";
    if (fault)
      return fault;
    out->spawn.plan = plan;
    out->spawn.plan_length = in->plan_length;
  }
  out->request = in->request;
  out->epoch = in->epoch;
  out->spawn.groups = (const uint32_t *)take(&rest, in->group_count * sizeof(uint32_t));
  out->name = take_string(&rest, in->name_length);
  out->name_length = in->name_length;
  out->spawn.cwd = take_string(&rest, in->cwd_length);
  if (!out->spawn.groups || !out->name || !out->spawn.cwd)
    return "spawn: groups, name or directory don't fit";
  out->spawn.group_count = in->group_count;
  out->spawn.flags = spawn_flags(in->flags);
  out->spawn.uid = in->uid;
  out->spawn.gid = in->gid;
  out->spawn.umask = in->umask;
  out->spawn.nofile_soft = in->nofile_soft;
  out->spawn.nofile_hard = in->nofile_hard;
  const char *wrong = decode_fds(in->flags, fds, fd_count, &out->spawn);
  return wrong ? wrong : decode_strings(&rest, in, out);
}

void spawn_request_free(struct spawn_request *request) {
  free((void *)request->spawn.helper);
}

static void *begin(struct answer *out, uint32_t type, size_t length) {
  memset(out->bytes, 0, length);
  out->length = (uint32_t)length;
  out->fd = -1;
  struct tendon_header *header = (struct tendon_header *)out->bytes;
  header->type = type;
  header->length = (uint32_t)length;
  return out->bytes;
}

void answer_hello(struct answer *out, int pid, uint64_t start_time, const struct children *all) {
  struct tendon_init_hello_ok *body = begin(out, TENDON_INIT_HELLO_OK, sizeof *body);
  body->version = TENDON_INIT_VERSION;
  body->pid = pid;
  body->start_time = start_time;
  body->running = all->running;
  body->unacknowledged = all->unacknowledged;
  memcpy(body->build, TENDON_INIT_BUILD, sizeof TENDON_INIT_BUILD);
}

void answer_spawned(
    struct answer *out, uint64_t request, const struct child *child, int pidfd) {
  struct tendon_init_spawned *body = begin(out, TENDON_INIT_SPAWNED, sizeof *body);
  body->request = request;
  body->epoch = child->epoch;
  body->start_time = child->start_time;
  body->pid = child->pid;
  out->fd = pidfd;
}

void answer_spawn_failed(
    struct answer *out, const struct spawn_request *request, const struct tendon_spawned *failed) {
  struct tendon_init_spawn_failed *body = begin(out, TENDON_INIT_SPAWN_FAILED, sizeof *body);
  body->request = request->request;
  body->epoch = request->epoch;
  body->step = (uint32_t)failed->step;
  body->error = failed->error;
  body->plan_step = failed->plan_step;
}

void answer_child(struct answer *out, uint32_t type, const struct child *child, int pidfd) {
  struct tendon_init_child *body = begin(out, type, sizeof *body + child->name_length);
  body->epoch = child->epoch;
  body->start_time = child->start_time;
  body->exit_realtime_ns = child->exit_realtime_ns;
  body->exit_boottime_ns = child->exit_boottime_ns;
  body->pid = child->pid;
  body->wait_status = child->wait_status;
  body->state = child->ended ? TENDON_INIT_ENDED : TENDON_INIT_RUNNING;
  body->name_length = child->name_length;
  memcpy(body + 1, child->name, child->name_length);
  out->fd = pidfd;
}

void answer_list_end(struct answer *out, uint32_t count) {
  struct tendon_init_list_end *body = begin(out, TENDON_INIT_LIST_END, sizeof *body);
  body->count = count;
}

void answer_upgraded(struct answer *out) {
  begin(out, TENDON_INIT_UPGRADED, sizeof(struct tendon_header));
}

void answer_shutdown(struct answer *out, const struct children *all) {
  if (all->running == 0 && all->unacknowledged == 0) {
    begin(out, TENDON_INIT_SHUTDOWN_OK, sizeof(struct tendon_header));
    return;
  }
  struct tendon_init_shutdown_refused *body =
      begin(out, TENDON_INIT_SHUTDOWN_REFUSED, sizeof *body);
  body->running = all->running;
  body->unacknowledged = all->unacknowledged;
}

void answer_error(
    struct answer *out, uint64_t request, uint32_t request_type, uint32_t code, const char *text) {
  size_t text_length = strlen(text) + 1;
  struct tendon_init_error *body = begin(out, TENDON_INIT_ERROR, sizeof *body + text_length);
  body->request = request;
  body->request_type = request_type;
  body->code = code;
  body->text_length = (uint32_t)text_length;
  memcpy(body + 1, text, text_length);
}
