/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include "../CLinux/helper.h"
#include "../CLinux/include/tendon_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int report(uint32_t step, int error, uint32_t plan_step) {
  const struct tendon_plan_report report = {.step = step, .error = error, .plan_step = plan_step};
  /* Without a reader there is nobody to tell; the exit status says the rest. */
  if (write(HELPER_REPORT_FD, &report, sizeof report) < 0)
    return 126;
  return 127;
}

static const struct tendon_plan *map_plan(void) {
  struct stat status;
  if (fstat(HELPER_PLAN_FD, &status) < 0)
    return NULL;
  size_t length = (size_t)status.st_size;
  void *plan = mmap(NULL, length, PROT_READ, MAP_PRIVATE, HELPER_PLAN_FD, 0);
  if (plan == MAP_FAILED)
    return NULL;
  if (tendon_plan_fault(plan, length)) {
    errno = EINVAL;
    return NULL;
  }
  return plan;
}

int exec_planned(char **argv, char **envp) {
  fcntl(HELPER_PLAN_FD, F_SETFD, FD_CLOEXEC);
  fcntl(HELPER_REPORT_FD, F_SETFD, FD_CLOEXEC);
  const struct tendon_plan *plan = argv[0] ? map_plan() : NULL;
  if (!plan)
    return report(TENDON_STEP_HELPER, errno ? errno : EINVAL, 0);
  struct tendon_plan_run run = {.ready_fd = HELPER_REPORT_FD, .stage = -1};
  int error = tendon_plan_execute(plan, &run);
  if (error)
    return report(TENDON_STEP_PLAN, error, run.step);
  /* They were blocked from the start, so that none ended a half-made instance unseen. */
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  error = tendon_execute(argv, envp);
  return report(TENDON_STEP_EXEC, error, 0);
}
