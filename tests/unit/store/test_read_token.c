/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static char seen[256], cursor[VS_CORE_CURSOR_SIZE];

static bool
see(const struct vs_core_token_row *row, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	memcpy(cursor, row->cursor, sizeof(cursor));
	(void)snprintf(seen + used, sizeof(seen) - used, "%s%s=%s/%s%s ",
	               vs_core_reading_text(row->reading), row->token, row->status, row->group,
	               row->expires_ms == VS_CORE_ABSENT ? "" : "!");
	return true;
}

static void
put(struct fixture *f, const char *token, const char *status, int64_t expires_ms)
{
	struct vs_core_record *record = record_new(VS_RECORD_token_put, "", "");

	(void)snprintf(record->u.token_put.token_text, sizeof(record->u.token_put.token_text), "%s",
	               token);
	(void)snprintf(record->u.token_put.status, sizeof(record->u.token_put.status), "%s",
	               status);
	(void)snprintf(record->u.token_put.group, sizeof(record->u.token_put.group), "g");
	record->u.token_put.expires_ms = expires_ms;
	fixture_put(f, record);
}

static void
pages_through_tokens(void)
{
	struct fixture f;

	fixture_start(&f);
	put(&f, "B", "Accepted", VS_CORE_ABSENT);
	put(&f, "A", "Accepted", VS_CORE_ABSENT);
	put(&f, "C", "Blocked", 5);
	put(&f, "a", "Blocked",
	    VS_CORE_ABSENT); /* the same: identifierString is case-insensitive */
	/* In order of their making; one that comes again keeps its place. */
	CHECK_OK(f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, "", 2, see, NULL));
	CHECK(strcmp(seen, "B=Accepted/g a=Blocked/g ") == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, cursor, 2, see, NULL));
	CHECK(strcmp(seen, "C=Blocked/g! ") == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.tokens(f.reader.self, "other", "", 2, see, NULL));
	CHECK(seen[0] == '\0');
	CHECK(fixture_ask(&f, "SELECT count(*) FROM token") == 3);
	CHECK(fixture_ask(&f, "SELECT count(DISTINCT token_index) FROM token") == 3);
	fixture_done(&f);
}

static void
refuses_a_cursor_that_is_none(void)
{
	static const char *const bad[] = {
	    "B", "-1", "+1", " 1", "1 ", "1x", "123456789012345678901"};
	struct fixture f;

	fixture_start(&f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_ERR(
		    f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, bad[i], 2, see, NULL),
		    BAD_VALUE);
	fixture_done(&f);
}

static void
one_that_cannot_be_read_is_in_the_list(void)
{
	struct fixture f;

	fixture_start(&f);
	seen[0] = '\0';
	put(&f, "A", "Accepted", VS_CORE_ABSENT);
	put(&f, "B", "Accepted", VS_CORE_ABSENT);
	put(&f, "C", "Accepted", VS_CORE_ABSENT);
	fixture_do(&f,
	           "UPDATE token SET token = (SELECT token FROM token WHERE id = 3) WHERE id = 1");
	CHECK_OK(f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, "", 9, see, NULL));
	CHECK(strcmp(seen, "damaged=Accepted/g B=Accepted/g C=Accepted/g ") == 0);
	CHECK(f.damaged_count == 1 && strcmp(f.damaged, "token.token") == 0);
	seen[0] = '\0';
	f.seal.erased = test_seal_dek(VS_STORE_OF_TOKENS);
	CHECK_OK(f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, "", 9, see, NULL));
	CHECK(strcmp(seen, "erased=Accepted/ erased=Accepted/ erased=Accepted/ ") == 0);
	CHECK(f.damaged_count == 1);
	fixture_done(&f);
}

int
main(void)
{
	CASE(pages_through_tokens);
	CASE(refuses_a_cursor_that_is_none);
	CASE(one_that_cannot_be_read_is_in_the_list);
	return 0;
}
