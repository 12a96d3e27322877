/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_FENCE_H
#define TENDON_FENCE_H

/*
 * The watchdog of fenced instances, for an agent that is gone, stopped or hangs. The agent keeps a file
 * beside our socket, SOCKET.fence: a line with the time (CLOCK_BOOTTIME in ns, 20 digits) at which the
 * host's lease ends, which it writes over with each renewal; "boot " and the id of the boot whose clock
 * that is, as the folder may outlive it; lines that only the next agent reads; and a line with the cgroup
 * of each fenced instance, an absolute path. Nothing of it is kept here, so an upgrade or a restart of this
 * program changes nothing.
 */

/*
 * Kills what is fenced once its time has passed, and a moment more that leaves it to the agent; at once
 * where the time can't be read, or is of another boot. Returns
 * for how many milliseconds there is nothing to be done at the most; -1: nothing is fenced.
 */
int fence_look(const char *socket_path);

#endif
