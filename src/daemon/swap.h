/* SPDX-License-Identifier: Apache-2.0 */
/* New TLS contexts on their way to the listeners, which belong to the reactors. */
#pragma once

#include <stdatomic.h>

#include "crypto/tls.h"
#include "net/net.h"

struct vs_daemon_swaps {
	atomic_size_t count; /* under way */
};

/* The listener of this name, and those that show the same certificate, take `server` (borrowed) for
 * new connections. In any thread but a reactor's: it waits while the mailbox is full. `swaps`
 * outlives the loop. */
void vs_daemon_swap_post(struct vs_daemon_swaps *swaps, struct vs_net *net,
                         const atomic_bool *is_down, const char *listener,
                         struct vs_tls_server *server);
/* Until all that were posted have been taken, or nobody takes any more. */
void vs_daemon_swap_wait(const struct vs_daemon_swaps *swaps, const atomic_bool *is_down);
