/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_HELPER_H
#define TENDON_HELPER_H

/*
 * A plan done by a process that has an image of its own: the child executes this very program again,
 * as its helper, which executes the instance's program when it is done. So it can be waited for with
 * a deadline, and nothing but the instance stays.
 */

#include "include/tendon_spawn.h"

/* Where the helper finds its plan, and where it tells how it went. */
enum { HELPER_PLAN_FD = 3, HELPER_REPORT_FD = 4 };

struct helper {
  char *const *argv;
  /* A memfd with the plan. */
  int plan;
  int report_read;
  int report_write;
};

/* 0 or an errno. */
int helper_open(struct helper *helper, const struct tendon_spawn *request);
void helper_close(struct helper *helper);

/* In the child: returns only when it failed, with errno. */
void helper_exec(const struct helper *helper, char *const *envp);

/*
 * In the parent: waits until the program runs (step 0), or what went wrong is known; then the child
 * has ended or was killed, and is to be reaped.
 */
struct tendon_plan_report helper_wait(struct helper *helper, int pidfd);

#endif
