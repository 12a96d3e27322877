/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Plans (include/tendon_plan.h): the check of one, and its execution. What is executed runs in a
 * child that may share its parent's memory: raw system calls, no memory, nothing of libc's state.
 */

#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { IOPRIO_WHO_PROCESS = 1, PRIO_OF_PROCESS = 0 };

/* How many texts a kind has; -1: there is no such kind. */
static int text_count(uint32_t kind) {
  switch (kind) {
  case TENDON_PLAN_UNSHARE:
  case TENDON_PLAN_RLIMIT:
  case TENDON_PLAN_NICE:
  case TENDON_PLAN_IOPRIO:
  case TENDON_PLAN_LOOPBACK:
  case TENDON_PLAN_PROPAGATION:
  case TENDON_PLAN_PIVOT:
  case TENDON_PLAN_IDS:
  case TENDON_PLAN_BOUNDING:
  case TENDON_PLAN_CAPABILITIES:
  case TENDON_PLAN_NO_NEW_PRIVILEGES:
  case TENDON_PLAN_SECCOMP: return 0;
  case TENDON_PLAN_HOSTNAME:
  case TENDON_PLAN_ATTRIBUTES:
  case TENDON_PLAN_MASK:
  case TENDON_PLAN_DEVICE:
  case TENDON_PLAN_DIRECTORY:
  case TENDON_PLAN_FILE:
  case TENDON_PLAN_CHDIR: return 1;
  case TENDON_PLAN_WRITE:
  case TENDON_PLAN_STAGE:
  case TENDON_PLAN_BIND:
  case TENDON_PLAN_SYMLINK: return 2;
  case TENDON_PLAN_MOUNT: return 3;
  default: return -1;
  }
}

/* Bytes of data; SIZE_MAX for a count that is too large. */
static size_t data_length(const struct tendon_plan_step *step) {
  switch (step->kind) {
  case TENDON_PLAN_IDS:
    return step->c <= TENDON_PLAN_MAX_GROUPS ? step->c * sizeof(uint32_t) : SIZE_MAX;
  case TENDON_PLAN_SECCOMP:
    return step->a <= TENDON_PLAN_MAX_FILTER ? step->a * sizeof(struct sock_filter) : SIZE_MAX;
  case TENDON_PLAN_FILE: return step->c <= UINT32_MAX ? step->c : SIZE_MAX;
  default: return 0;
  }
}

/* false: the texts and data don't lie within the step. */
static bool take_apart(const struct tendon_plan_step *head, struct step *out) {
  *out = (struct step){.head = head};
  const char *at = (const char *)(head + 1);
  const char *end = (const char *)head + head->length;
  int texts = text_count(head->kind);
  for (int i = 0; i < texts; i++) {
    const char *nul = memchr(at, 0, (size_t)(end - at));
    if (!nul)
      return false;
    out->text[i] = at;
    at = nul + 1;
  }
  /* Numbers are aligned: data begins at a multiple of 4 in the step. */
  while (((uintptr_t)at & 3) && at < end)
    at++;
  out->data = at;
  size_t data = data_length(head);
  return texts >= 0 && data <= (size_t)(end - at);
}

const char *tendon_plan_fault(const void *bytes, size_t length) {
  const struct tendon_plan *plan = bytes;
  if (length < sizeof *plan)
    return "plan: too short";
  if (plan->step_count > TENDON_PLAN_MAX_STEPS)
    return "plan: too many steps";
  const char *at = (const char *)(plan + 1);
  const char *end = (const char *)bytes + length;
  for (uint32_t i = 0; i < plan->step_count; i++) {
    const struct tendon_plan_step *head = (const struct tendon_plan_step *)at;
    struct step step;
    if ((size_t)(end - at) < sizeof *head)
      return "plan: fewer steps than said";
    if (head->length % 8 || head->length < sizeof *head || head->length > (size_t)(end - at))
      return "plan: a step of a wrong length";
    if (!take_apart(head, &step))
      return "plan: a step that is not known or not whole";
    at += head->length;
  }
  return at == end ? NULL : "plan: bytes left over";
}

static int answer(long result) {
  return result < 0 ? errno : 0;
}

static int write_file(const char *path, const char *text) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return errno;
  int error = answer(syscall(SYS_write, fd, text, strlen(text)));
  syscall(SYS_close, fd);
  return error;
}

static int loopback_up(void) {
  int fd = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return errno;
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int error = answer(syscall(SYS_ioctl, fd, SIOCSIFFLAGS, &request));
  syscall(SYS_close, fd);
  return error;
}

static int do_step(const struct step *step, struct tendon_plan_run *run) {
  const struct tendon_plan_step *head = step->head;
  switch (head->kind) {
  case TENDON_PLAN_UNSHARE: return answer(syscall(SYS_unshare, head->a));
  case TENDON_PLAN_RLIMIT: {
    const uint64_t limit[2] = {head->b, head->c};
    return answer(syscall(SYS_prlimit64, 0, head->a, limit, NULL));
  }
  case TENDON_PLAN_WRITE: return write_file(step->text[0], step->text[1]);
  case TENDON_PLAN_NICE:
    return answer(syscall(SYS_setpriority, PRIO_OF_PROCESS, 0, (long)(int64_t)head->a));
  case TENDON_PLAN_IOPRIO: return answer(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, head->a));
  case TENDON_PLAN_HOSTNAME:
    return answer(syscall(SYS_sethostname, step->text[0], strlen(step->text[0])));
  case TENDON_PLAN_LOOPBACK: return loopback_up();
  case TENDON_PLAN_PROPAGATION: return plan_propagation(step);
  case TENDON_PLAN_STAGE: return plan_stage(step, &run->stage);
  case TENDON_PLAN_BIND: return plan_bind(step, run->stage);
  case TENDON_PLAN_MOUNT: return plan_mount(step, run->stage);
  case TENDON_PLAN_ATTRIBUTES: return plan_attributes(step, run->stage);
  case TENDON_PLAN_MASK: return plan_mask(step, run->stage);
  case TENDON_PLAN_DEVICE: return plan_device(step, run->stage);
  case TENDON_PLAN_SYMLINK: return plan_symlink(step, run->stage);
  case TENDON_PLAN_DIRECTORY: return plan_directory(step, run->stage);
  case TENDON_PLAN_FILE: return plan_file(step, run->stage);
  case TENDON_PLAN_PIVOT: return plan_pivot(&run->stage);
  case TENDON_PLAN_IDS: return plan_ids(step);
  case TENDON_PLAN_BOUNDING: return plan_bounding(step);
  case TENDON_PLAN_CAPABILITIES: return plan_capabilities(step);
  case TENDON_PLAN_NO_NEW_PRIVILEGES: return plan_no_new_privileges();
  case TENDON_PLAN_SECCOMP: return plan_seccomp(step);
  case TENDON_PLAN_CHDIR: return answer(syscall(SYS_chdir, step->text[0]));
  default: return EINVAL;
  }
}

/* Nobody may be there to read it: then the parent has given up, and is about to kill us. */
static void tell_ready(struct tendon_plan_run *run) {
  const struct tendon_plan_report ready = {0};
  if (run->ready_fd >= 0)
    syscall(SYS_write, run->ready_fd, &ready, sizeof ready);
  run->ready_fd = -1;
}

int tendon_plan_execute(const struct tendon_plan *plan, struct tendon_plan_run *run) {
  /* What is made gets the mode that was asked for. */
  long mask = syscall(SYS_umask, 0);
  const char *at = (const char *)(plan + 1);
  int error = 0;
  for (run->step = 0; run->step < plan->step_count; run->step++) {
    const struct tendon_plan_step *head = (const struct tendon_plan_step *)at;
    struct step step;
    take_apart(head, &step);
    /* The umask and the word to the parent need calls that a filter may refuse. */
    if (head->kind == TENDON_PLAN_SECCOMP) {
      syscall(SYS_umask, mask);
      tell_ready(run);
    }
    error = do_step(&step, run);
    if (error)
      break;
    at += head->length;
  }
  syscall(SYS_umask, mask);
  if (!error)
    tell_ready(run);
  return error;
}
