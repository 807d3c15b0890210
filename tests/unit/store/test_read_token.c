/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static char seen[256];

static bool
see(const struct vs_core_token_row *row, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	(void)snprintf(seen + used, sizeof(seen) - used, "%s=%s/%s%s ", row->token, row->status,
	               row->group, row->expires_ms == VS_CORE_ABSENT ? "" : "!");
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
	CHECK_OK(f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, "", 2, see, NULL));
	CHECK(strcmp(seen, "a=Blocked/g B=Accepted/g ") == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.tokens(f.reader.self, VS_CORE_TENANT_DEFAULT, "B", 2, see, NULL));
	CHECK(strcmp(seen, "C=Blocked/g! ") == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(pages_through_tokens);
	return 0;
}
