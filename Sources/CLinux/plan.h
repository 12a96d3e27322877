/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_PLAN_PRIVATE_H
#define TENDON_PLAN_PRIVATE_H

/* The parts of a plan's execution. All return 0 or an errno. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "include/tendon_plan.h"

/* A step taken apart; texts that its kind doesn't have are NULL. */
struct step {
  const struct tendon_plan_step *head;
  const char *text[3];
  const void *data;
};

/* Mounts: plan_mounts.c. `stage` is the descriptor of the new root, or -1. */
int plan_propagation(const struct step *step);
int plan_stage(const struct step *step, int *stage);
int plan_bind(const struct step *step, int stage);
int plan_mount(const struct step *step, int stage);
int plan_attributes(const struct step *step, int stage);
int plan_mask(const struct step *step, int stage);
int plan_pivot(int *stage);

/* Files in the new root: plan_files.c. */
int plan_device(const struct step *step, int stage);
int plan_symlink(const struct step *step, int stage);
int plan_directory(const struct step *step, int stage);
int plan_file(const struct step *step, int stage);

/* Opens a path of the new root (O_PATH); links are followed inside of it only. A negative errno when it fails. */
int plan_open_in(int stage, const char *path);
/* Makes a path and what is above it: a directory, or an empty file. */
int plan_make_in(int stage, const char *path, int is_directory);
/* Opens the directory above a path, whose last name is left in `name`. A negative errno when it fails. */
int plan_open_above(int stage, const char *path, const char **name);

/* Rights: plan_rights.c. */
int plan_ids(const struct step *step);
int plan_bounding(const struct step *step);
int plan_capabilities(const struct step *step);
int plan_no_new_privileges(void);
int plan_seccomp(const struct step *step);

#endif
