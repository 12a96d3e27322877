/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENDON_INIT_SPAWN_H
#define TENDON_INIT_SPAWN_H

#include "client.h"

/* Starts a child, keeps it, and leaves SPAWNED or SPAWN_FAILED in the client's answer. */
void spawn_child(struct init *init, struct spawn_request *request);

#endif
