/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes to the Central of the framed network, one DATA a line, and its commits between them.
 * The first byte: a new connection of either mode, or one that has proven the key of CP-1 as its
 * engine, its monitor, both, or a driver; then the lines are what it says under the key.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "charge/inside.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONN      (UINT64_C(9) << 56) /* of no reactor: what is sent is lost */
#define SIZE_MOST 4096u

static struct vs_loop *loop;
static struct vs_net *net;
static struct vs_pool *pool;
static struct vs_core_registry *registry;
static struct vs_core_record *stored;
static struct vs_charge *charge;

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static vs_result
submit(void *self, struct vs_core_record *list, size_t count)
{
	(void)self;
	(void)count;
	require(stored == NULL);
	stored = list;
	return VS_OK;
}

static void
publish(void *self, const struct vs_core_event *event)
{
	(void)self;
	require(event->kind < VS_EVENT_KIND_COUNT);
}

static vs_result
verifier(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
         struct vs_bytes password, uint8_t *verifier_out, uint32_t *version_out)
{
	(void)self;
	(void)version;
	(void)tenant;
	(void)identity;
	(void)password;
	(void)version_out;
	memset(verifier_out, 1, VS_CORE_PEPPERED_SIZE);
	return VS_OK;
}

static void
make_once(void)
{
	struct vs_core_token_row token = {.tenant = "default",
	                                  .token = "D-1",
	                                  .type = "ISO14443",
	                                  .status = "Accepted",
	                                  .expires_ms = VS_CORE_ABSENT};

	if (loop != NULL)
		return;
	vs_log_configure(VS_LOG_ERROR, VS_LOG_TEXT, 2);
	require(vs_loop_new(&loop).code == VS_E_OK && vs_net_new(loop, 0, &net).code == VS_E_OK &&
	        vs_pool_new(1, 64, &pool).code == VS_E_OK &&
	        vs_core_registry_new(&registry).code == VS_E_OK &&
	        vs_core_registry_token_put(registry, &token).code == VS_E_OK);
}

static void
commit(enum vs_err outcome)
{
	struct vs_core_record *list;

	require(vs_journal_submit(&charge->journal, &charge->options.writer).code == VS_E_OK);
	list = stored;
	stored = NULL;
	for (struct vs_core_record *record = list; record != NULL; record = record->next)
		record->outcome = outcome;
	vs_charge_committed(charge, list);
}

static void
prove(struct vs_charge_link *link, struct vs_framed_tokens **peer, uint8_t mode)
{
	char key[VS_FRAMED_KEY_TEXT_SIZE];

	vs_framed_key_new(key);
	link->point = vs_charge_point_get(charge, "default", "CP-1");
	require(link->point != NULL &&
	        vs_framed_tokens_new(vs_bytes_from_text(key), &link->point->tokens).code ==
	            VS_E_OK &&
	        vs_framed_tokens_new(vs_bytes_from_text(key), peer).code == VS_E_OK);
	link->roles = mode & (VS_FRAMED_CP | VS_FRAMED_MONITOR);
	link->phase = VS_CHARGE_NAMED;
	vs_charge_point_event(charge, link->point, VS_FRAMED_KEY_GIVEN);
}

static void
say(struct vs_charge_link *link, struct vs_framed_tokens *peer, struct vs_bytes line)
{
	struct vs_buf data;

	vs_buf_init(&data, 4 * SIZE_MOST);
	if (peer == NULL)
		vs_charge_take(link, line);
	else if (vs_framed_tokens_seal(peer, VS_FRAMED_BARE, line, charge->now_ms / 1000, &data)
	             .code == VS_E_OK)
		vs_charge_take(link, vs_buf_view(&data));
	vs_buf_done(&data);
}

/* What must hold whatever was said. */
static void
check(const struct vs_charge_point *point)
{
	if (point == NULL)
		return;
	require(point->supply.energy >= 0 && point->supply.energy <= VS_FRAMED_ENERGY_MAX);
	require(point->supply.tx_id[0] == '\0' || strncmp(point->supply.tx_id, "F-", 2) == 0);
	require(vs_framed_point_state(&point->facts) < VS_FRAMED_STATES);
	require(!point->facts.supply || point->supply.tx_id[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_charge_options options = {.writer = {NULL, submit},
	                                    .events = {NULL, publish},
	                                    .pepper = {NULL, verifier},
	                                    .origin = 1,
	                                    .currency = "EUR"};
	struct vs_charge_link link = {.conn = CONN};
	struct vs_framed_tokens *peer = NULL;

	if (size < 1 || size > SIZE_MOST)
		return 0;
	make_once();
	options.registry = registry;
	options.pool = pool;
	require(vs_charge_new(&options, net, &charge).code == VS_E_OK);
	link.charge = charge;
	link.is_compat = (data[0] & 4) == 0;
	vs_frame_init(&link.frame, VS_FRAME_DATA_ETX, false, SIZE_MOST);
	if ((data[0] & 8) != 0 && link.is_compat)
		prove(&link, &peer, data[0]);
	for (size_t at = 1; at < size && link.phase != VS_CHARGE_ENDED;) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - data) - at : size - at;

		say(&link, peer, vs_bytes_from(data + at, length));
		check(link.point);
		if ((data[0] & 16) == 0)
			commit((data[0] & 32) == 0 ? VS_E_OK : VS_E_IO);
		at += length + 1;
	}
	commit(VS_E_OK);
	if (link.phase != VS_CHARGE_ENDED)
		vs_charge_link_end(&link, VS_CHARGE_NOW);
	while (charge->jobs.first != NULL)
		require(vs_loop_turn(loop, 1).code == VS_E_OK);
	commit(VS_E_OK);
	vs_timer_cancel(loop, &link.closing);
	vs_frame_done(&link.frame);
	vs_ocpp_sealed_free(&link.sealed);
	vs_framed_tokens_free(&peer);
	vs_charge_free(&charge);
	return 0;
}
