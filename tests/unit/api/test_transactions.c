/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

/* Several rows start in the same millisecond: a page may end between them, and none is lost or
 * doubled. */
static void
pages_within_a_millisecond(void)
{
	static const int64_t starts[] = {900, 800, 800, 800, 800, 800, 700, 700, 600};
	static struct vs_core_tx_row rows[9];

	for (size_t i = 0; i < 9; i++) {
		rows[i] = (struct vs_core_tx_row){
		    .started_ms = starts[i], .order_ms = starts[i], .ended_ms = VS_CORE_ABSENT};
		(void)snprintf(rows[i].tx_id, sizeof(rows[i].tx_id), "tx-%zu", i);
	}
	world.txs = rows;
	world.tx_count = 9;
	for (unsigned limit = 1; limit <= 10; limit++) {
		char line[128], cursor[64] = "", text[32];
		size_t seen = 0;

		for (int page = 0; page < 12; page++) {
			const struct vs_conn *conn;
			const char *next;

			(void)snprintf(line, sizeof(line), "GET /api/v1/transactions?limit=%u%s%s",
			               limit, cursor[0] == '\0' ? "" : "&cursor=", cursor);
			conn = world_ask(line, WORLD_BEARER, "");
			CHECK(conn->status == 200);
			(void)snprintf(text, sizeof(text), "\"id\":\"tx-%zu\"", seen);
			for (unsigned i = 0; i < limit && world_says(conn, text); i++)
				(void)snprintf(text, sizeof(text), "\"id\":\"tx-%zu\"", ++seen);
			CHECK(!world_says(conn, text));
			next = strstr(conn->body, "\"next\":\"");
			if (next == NULL)
				break;
			CHECK(vs_bytes_copy_text(vs_bytes_from(next + 8, strcspn(next + 8, "\"")),
			                         cursor, sizeof(cursor)));
		}
		CHECK(seen == 9);
	}
}

static void
completeness(void)
{
	static struct vs_core_tx_row rows[2];
	const struct vs_conn *conn;

	rows[0] = (struct vs_core_tx_row){.started_ms = 5,
	                                  .order_ms = 5,
	                                  .ended_ms = 9,
	                                  .first_seq_no = 0,
	                                  .last_seq_no = 4,
	                                  .event_count = 5,
	                                  .tx_id = "whole",
	                                  .power_w = VS_CORE_ABSENT};
	rows[1] = rows[0];
	rows[1].event_count = 4;
	rows[1].power_w = 7000; /* the last one it told: not what it draws now */
	world.txs = rows;
	world.tx_count = 1;
	conn = world_ask("GET /api/v1/transactions", WORLD_BEARER, "");
	CHECK(world_says(conn, "\"complete\":true") && world_says(conn, "\"power_w\":null"));
	world.txs = rows + 1;
	conn = world_ask("GET /api/v1/transactions", WORLD_BEARER, "");
	CHECK(world_says(conn, "\"complete\":false") && world_says(conn, "\"power_w\":null"));
	CHECK(world_says(world_ask("GET /api/v1/transactions?active=true", WORLD_BEARER, ""),
	                 "\"items\":[]"));
}

/* The register of the meter is not the energy of the transaction. */
static void
the_series(void)
{
	static struct vs_core_tx_row row = {.tx_id = "one", .station = "CS-1", .is_active = true};
	const struct vs_conn *conn;

	world.txs = &row;
	world.tx_count = 1;
	conn = world_ask("GET /api/v1/transactions/one?station=CS-1", WORLD_BEARER, "");
	CHECK(conn->status == 200 && world_says(conn, "\"truncated\":false"));
	CHECK(world_says(
	    conn,
	    "\"series\":[{\"at\":\"1970-01-01T00:00:00.000Z\",\"seq_no\":0,\"type\":\"Started\""));
	CHECK(world_says(conn, "\"power_w\":7000,\"energy_wh\":0,") &&
	      world_says(conn, "\"energy_wh\":25,"));
	CHECK(world_says(conn, "\"energy_wh\":null,") && !world_says(conn, "\"energy_wh\":50"));
	CHECK(world_ask("GET /api/v1/transactions/none", WORLD_BEARER, "")->status == 404);
}

/* To the cent, as the network said it; nothing where it said nothing of the kind. */
static void
the_amount(void)
{
	static struct vs_core_tx_row row = {.tx_id = "F-1", .station = "CP-1"};
	const struct vs_conn *conn;

	world.txs = &row;
	world.tx_count = 1;
	world.said = "{\"energyKwh\":\"5.200001\",\"amount\":\"1.56\",\"currency\":\"EUR\"}";
	conn = world_ask("GET /api/v1/transactions/F-1", WORLD_BEARER, "");
	CHECK(world_says(conn,
	                 "\"energy_kwh\":\"5.200001\",\"amount\":\"1.56\",\"currency\":\"EUR\""));
	for (const char *const *said =
	         (const char *const[]){"{\"eventType\":\"Ended\",\"amount\":7}", "", "[]", NULL};
	     *said != NULL; said++) {
		world.said = *said;
		conn = world_ask("GET /api/v1/transactions/F-1", WORLD_BEARER, "");
		CHECK(conn->status == 200 &&
		      world_says(conn, "\"energy_kwh\":null,\"amount\":null,\"currency\":null"));
	}
	world.said = NULL;
	CHECK(world_says(world_ask("GET /api/v1/transactions/F-1", WORLD_BEARER, ""),
	                 "\"amount\":null"));
}

int
main(void)
{
	world_begin();
	CASE(pages_within_a_millisecond);
	CASE(completeness);
	CASE(the_series);
	CASE(the_amount);
	world_end();
	return 0;
}
