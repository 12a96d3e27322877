/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_SPREAD_H
#define TENDON_SPREAD_H

/*
 * Tells the file system that the directories in this one have nothing to do with each other (chattr +T): ext4 then gives
 * each a place of its own on the disk, and what is made in one does not look for room among what was removed in
 * another. Zero, or a negative errno: -ENOTTY or -EOPNOTSUPP where the file system knows no such hint.
 */
int tendon_spread_subdirectories(const char *path);

#endif
