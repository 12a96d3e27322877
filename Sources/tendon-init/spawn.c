/* SPDX-License-Identifier: Apache-2.0 */
#include "spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that can't be told from another with its pid must not live on. */
static void put_down(const struct tendon_spawned *spawned) {
  syscall(SYS_pidfd_send_signal, spawned->pidfd, SIGKILL, NULL, 0);
  while (waitpid(spawned->pid, NULL, __WALL) < 0 && errno == EINTR) {
  }
  close(spawned->pidfd);
}

void spawn_child(struct init *init, struct spawn_request *request) {
  struct answer *answer = &init->client.answer;
  struct child *child = child_make(request->epoch, request->name, request->name_length);
  struct tendon_spawned spawned = {.step = TENDON_STEP_CLONE, .error = ENOMEM};
  if (!child) {
    answer_spawn_failed(answer, request, &spawned);
    return;
  }
  request->spawn.stack = init->stack;
  request->spawn.stack_size = init->stack_size;
  int failed = tendon_spawn(&request->spawn, &spawned);
  /* It may hold secrets, and the buffer it lies in is used again. */
  if (request->spawn.plan)
    explicit_bzero((void *)request->spawn.plan, request->spawn.plan_length);
  if (failed) {
    answer_spawn_failed(answer, request, &spawned);
    free(child);
    return;
  }
  child->pid = spawned.pid;
  child->start_time =
      spawned.start_ticks ? spawned.start_ticks : process_start_time(spawned.pid);
  if (child->start_time == 0) {
    spawned.step = TENDON_STEP_IDENTIFY;
    spawned.error = errno;
    put_down(&spawned);
    answer_spawn_failed(answer, request, &spawned);
    free(child);
    return;
  }
  children_add(&init->children, child);
  answer_spawned(answer, request->request, child, spawned.pidfd);
}
