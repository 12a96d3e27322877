/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_QUOTA_H
#define TENDON_QUOTA_H

/*
 * Project quotas of ext4 and xfs: every file belongs to a project by number, what is made in a directory with
 * the flag PROJINHERIT to that of the directory, and a file system counts and limits what a project takes.
 * Functions return zero on success and a negative errno on failure; all of them block.
 */

#include <stdbool.h>
#include <stdint.h>

/* The project of a directory: 0 is that of everything without one. */
int tendon_project_get(const char *path, uint32_t *project);

/*
 * Gives a directory, and every directory and regular file in it on the same file system, to a project, and lets new
 * ones inherit it. Symbolic links are not followed. What disappears meanwhile is not missed.
 */
int tendon_project_set_tree(const char *path, uint32_t project);

struct tendon_quota {
  /* 0: no limit. */
  uint64_t limit_bytes;
  uint64_t used_bytes;
};

/* -ESRCH: quotas are not on; -ENOSYS: this kernel has none. */
int tendon_quota_get(const char *path, uint32_t project, struct tendon_quota *quota);

/* Sets the hard limit, in whole KiB; 0 takes it away. */
int tendon_quota_set(const char *path, uint32_t project, uint64_t limit_bytes);

#endif
