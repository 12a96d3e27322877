/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_ENTER_H
#define TENDON_ENTER_H

/* tendon-init --enter: runs one command beside a process that runs already. See tendon_enter_protocol.h. */
int enter_main(void);

#endif
