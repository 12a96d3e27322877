/* SPDX-License-Identifier: Apache-2.0 */

/* Users, capabilities (capabilities(7)) and the filter of system calls (seccomp(2)). */

#include "plan.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITIES = 64 };

static int answer(long result) {
  return result < 0 ? errno : 0;
}

static long process_control(int option, unsigned long value, unsigned long more) {
  return syscall(SYS_prctl, option, value, more, 0, 0);
}

int plan_ids(const struct step *step) {
  const struct tendon_plan_step *head = step->head;
  /* Permitted ones stay until `plan_capabilities` says which; execve takes the rest from a user. */
  if (process_control(PR_SET_KEEPCAPS, 1, 0) < 0)
    return errno;
  if (syscall(SYS_setgroups, head->c, step->data) < 0)
    return errno;
  if (syscall(SYS_setresgid, head->b, head->b, head->b) < 0)
    return errno;
  return answer(syscall(SYS_setresuid, head->a, head->a, head->a));
}

int plan_bounding(const struct step *step) {
  for (int number = 0; number < CAPABILITIES; number++) {
    if (step->head->a >> number & 1 ||
        process_control(PR_CAPBSET_DROP, (unsigned long)number, 0) == 0)
      continue;
    /* The kernel knows no more of them. */
    if (errno == EINVAL)
      return 0;
    /* Not ours to drop; fine where it is not there. */
    int error = errno;
    if (process_control(PR_CAPBSET_READ, (unsigned long)number, 0) != 0)
      return error;
  }
  return 0;
}

int plan_capabilities(const struct step *step) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct had[2] = {{0}};
  if (syscall(SYS_capget, &header, had) < 0)
    return errno;
  uint64_t permitted = (uint64_t)had[1].permitted << 32 | had[0].permitted;
  uint64_t wanted = step->head->c ? step->head->a & permitted : step->head->a;
  uint64_t inheritable = step->head->b ? wanted : 0;
  struct __user_cap_data_struct data[2];
  for (int half = 0; half < 2; half++) {
    data[half].effective = data[half].permitted = (uint32_t)(wanted >> (32 * half));
    data[half].inheritable = (uint32_t)(inheritable >> (32 * half));
  }
  if (syscall(SYS_capset, &header, data) < 0)
    return errno;
  for (int number = 0; number < CAPABILITIES; number++)
    if (inheritable >> number & 1 &&
        process_control(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)number) < 0)
      return errno;
  return 0;
}

int plan_no_new_privileges(void) {
  return answer(process_control(PR_SET_NO_NEW_PRIVS, 1, 0));
}

int plan_seccomp(const struct step *step) {
  struct sock_fprog program = {
      .len = (unsigned short)step->head->a,
      .filter = (struct sock_filter *)step->data,
  };
  return answer(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}
