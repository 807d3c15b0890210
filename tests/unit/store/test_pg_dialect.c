/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pg_dialect.h"

#include "test.h"

static void
parameters_get_their_numbers(void)
{
	static const struct {
		const char *given, *made;
	} rows[] = {
	    {"SELECT 1", "SELECT 1"},
	    {"INSERT INTO t VALUES (?, ?)", "INSERT INTO t VALUES ($1, $2)"},
	    {"SELECT ?2, ?1, ?12", "SELECT $2, $1, $12"},
	    {"SELECT ?2, ?", "SELECT $2, $3"},
	    {"SELECT '?', \"a?\", ?::text", "SELECT '?', \"a?\", $1::text"},
	};
	struct vs_buf text;

	vs_buf_init(&text, 64);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vs_buf_reset(&text);
		CHECK_OK(vs_store_pg_sql(rows[i].given, &text));
		CHECK(vs_bytes_equal_text(vs_buf_view(&text), rows[i].made));
	}
	vs_buf_reset(&text);
	CHECK_ERR(vs_store_pg_sql(
		      "123456789 123456789 123456789 123456789 123456789 123456789 12345", &text),
	          TOO_LONG);
	vs_buf_done(&text);
}

static void
the_tenant_is_found(void)
{
	CHECK(vs_store_pg_tenant("SELECT a FROM t WHERE tenant = ? AND b = ?") == 0);
	CHECK(vs_store_pg_tenant("SELECT a FROM t WHERE b = ? AND x.tenant = ?") == 1);
	CHECK(vs_store_pg_tenant("SELECT ?3 FROM t WHERE tenant = ?1 AND b = ?2") == 0);
	CHECK(vs_store_pg_tenant("SELECT a FROM t WHERE b = ?") == -1);
	CHECK(vs_store_pg_tenant("SELECT tenant FROM t") == -1);
	/* Of all queries of one tenant. */
	for (size_t i = 0; i < VS_QUERY_COUNT; i++)
		CHECK(
		    vs_store_queries[i].side != VS_STORE_READ ||
		    (vs_store_pg_tenant(vs_store_queries[i].postgres) >= 0 &&
		     vs_store_queries[i].types[vs_store_pg_tenant(vs_store_queries[i].postgres)] ==
		         't'));
}

static void
every_letter_has_a_type(void)
{
	for (size_t i = 0; i < VS_QUERY_COUNT; i++)
		for (const char *letter = vs_store_queries[i].types; *letter != '\0'; letter++) {
			CHECK(vs_store_pg_type(*letter) != 0);
			CHECK((vs_store_pg_element(*letter) != 0) ==
			      (*letter >= 'A' && *letter <= 'Z'));
		}
	CHECK(vs_store_pg_type('q') == 0 && vs_store_pg_element('t') == 0);
}

static void
errors_know_whose_they_are(void)
{
	CHECK_ERR(vs_store_pg_error("23505"), CONFLICT);
	CHECK_ERR(vs_store_pg_error("23502"), CONFLICT);
	CHECK_ERR(vs_store_pg_error("P0001"), CONFLICT);
	CHECK_ERR(vs_store_pg_error("42501"), CONFLICT);
	CHECK_ERR(vs_store_pg_error("22P02"), BAD_VALUE);
	CHECK_ERR(vs_store_pg_error("42P01"), BAD_VALUE);
	CHECK_ERR(vs_store_pg_error("53200"), NO_MEMORY);
	CHECK_ERR(vs_store_pg_error("53100"), IO);    /* disk full */
	CHECK_ERR(vs_store_pg_error("57P01"), IO);    /* the server is being stopped */
	CHECK_ERR(vs_store_pg_error("40P01"), AGAIN); /* deadlock */
	CHECK_ERR(vs_store_pg_error(NULL), IO);
}

int
main(void)
{
	CASE(parameters_get_their_numbers);
	CASE(the_tenant_is_found);
	CASE(every_letter_has_a_type);
	CASE(errors_know_whose_they_are);
	return 0;
}
