/* SPDX-License-Identifier: Apache-2.0 */
/* A station and its connection, in the thread of a worker. Private to worker.c and client.c. */
#pragma once

#include "sim/worker.h"

/* What the clients of a worker share. */
struct vs_sim_shared {
	const struct vs_sim_plan *plan;
	struct vs_loop *loop;
	struct vs_net *net;
	struct vs_tls_client *tls; /* without a certificate; NULL: no TLS */
	struct vs_sim_scratch scratch;
	struct vs_buf plain, sealed; /* of the sealed message under way */
	struct vs_sim_stats stats;   /* counts, times, connects, failures: the thread's own */
	void (*changed)(struct vs_sim_shared *shared); /* a connection has ended */
};

struct vs_sim_client;

/* `number` is of the whole fleet. The credential is borrowed. */
VS_RESULT vs_sim_client_new(struct vs_sim_shared *shared, uint32_t number,
                            const struct vs_sim_credential *credential, char *reason,
                            size_t reason_size, struct vs_sim_client **client_out);
void vs_sim_client_free(struct vs_sim_client **client); /* its connection must be gone */
void vs_sim_client_start(struct vs_sim_client *client, uint64_t delay_ms);
void vs_sim_client_stop(struct vs_sim_client *client, bool is_abrupt);
const struct vs_sim_station *vs_sim_client_station(const struct vs_sim_client *client);
