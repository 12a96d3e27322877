/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_EXEC_H
#define TENDON_EXEC_H

/*
 * tendon-init --exec PROGRAM ARGUMENTS: started by tendon-init itself for an instance whose plan has
 * mounts. Does the plan (descriptor 3), tells how it went (descriptor 4), and becomes the program.
 */
int exec_planned(char **argv, char **envp);

#endif
