/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_TERMINAL_H
#define TENDON_TERMINAL_H

/* A new pseudoterminal, both ends close-on-exec: ends[0] is ours, ends[1] the program's. Zero, or a negative errno. */
int tendon_terminal_open(int *ends);

#endif
