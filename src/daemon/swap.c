/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/swap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "charge/charge.h"
#include "daemon/sensor.h"

#define RETRY_NS 1000000

struct mail {
	struct vs_daemon_swaps *swaps;
	struct vs_net *net;
	const char *listener;
	struct vs_tls_server *server;
};

/* Who else shows the certificate of this listener, and asks for one in the same way. */
static const struct {
	const char *first, *other;
} beside[] = {
    {"ocpp", VS_DAEMON_SENSOR_LISTENER},
    {"api", VS_CHARGE_LISTENER_SEALED},
    {"api", VS_CHARGE_LISTENER_COMPAT},
};

static void
mail_free(struct mail *mail)
{
	vs_tls_server_unref(&mail->server);
	(void)atomic_fetch_sub(&mail->swaps->count, 1);
	free(mail);
}

/* Not every reactor has every listener, and one that drains has none. */
static void
give(const struct mail *mail, const char *listener)
{
	if (vs_net_listener_set_tls(mail->net, listener, mail->server).code == VS_E_OK)
		VS_LOG(DEBUG, "listener.context", vs_bytes_from_text(listener));
}

static void
take(struct vs_loop *loop, void *argument)
{
	struct mail *mail = argument;

	(void)loop;
	give(mail, mail->listener);
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (strcmp(mail->listener, beside[i].first) == 0)
			give(mail, beside[i].other);
	mail_free(mail);
}

void
vs_daemon_swap_post(struct vs_daemon_swaps *swaps, struct vs_net *net, const atomic_bool *is_down,
                    const char *listener, struct vs_tls_server *server)
{
	struct mail *mail = calloc(1, sizeof(*mail));

	if (mail == NULL) {
		VS_LOG(ERROR, "listener.context", vs_bytes_from_text(listener),
		       VS_LOG_STR("why", "out of memory: the old one stays"));
		return;
	}
	*mail = (struct mail){swaps, net, listener, vs_tls_server_ref(server)};
	(void)atomic_fetch_add(&swaps->count, 1);
	while (!atomic_load(is_down)) {
		if (vs_loop_post(vs_net_loop(net), take, mail).code == VS_E_OK)
			return;
		(void)nanosleep(&(struct timespec){0, RETRY_NS}, NULL);
	}
	mail_free(mail);
}

void
vs_daemon_swap_wait(const struct vs_daemon_swaps *swaps, const atomic_bool *is_down)
{
	while (atomic_load(&swaps->count) > 0 && !atomic_load(is_down))
		(void)nanosleep(&(struct timespec){0, RETRY_NS}, NULL);
}
