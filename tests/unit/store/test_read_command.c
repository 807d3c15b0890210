/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT

static char seen[256];

static bool
see(const struct vs_core_command_row *row, void *arg)
{
	size_t used = strlen(seen);

	(void)arg;
	(void)snprintf(seen + used, sizeof(seen) - used, "%s:%s:%d:%s:%.*s:%.*s ", row->id,
	               row->action, (int)row->state, vs_err_name(row->error),
	               VS_BYTES_PRINTF(row->request), VS_BYTES_PRINTF(row->result));
	return true;
}

static void
see_one(const struct vs_core_command_row *row, void *arg)
{
	(void)see(row, arg);
}

static void
put(struct fixture *f, const char *station, const char *id, int64_t at_ms,
    enum vs_core_command_state state, enum vs_err error, const char *payload)
{
	struct vs_core_record *record = record_new(VS_RECORD_command, station, payload);

	record->received_ms = at_ms;
	(void)snprintf(record->u.command.id, sizeof(record->u.command.id), "%s", id);
	(void)snprintf(record->u.command.action, sizeof(record->u.command.action), "Reset");
	record->u.command.state = state;
	record->u.command.error = error;
	fixture_put(f, record);
}

static void
finds_and_lists(void)
{
	struct fixture f;

	fixture_start(&f);
	put(&f, "CS1", "c1", 1000, VS_CORE_COMMAND_QUEUED, VS_E_OK, "{\"a\":1}");
	put(&f, "CS2", "c2", 2000, VS_CORE_COMMAND_QUEUED, VS_E_OK, "{}");
	put(&f, "CS1", "c1", 3000, VS_CORE_COMMAND_FAILED, VS_E_TIMEOUT, "");
	CHECK_OK(f.reader.command(f.reader.self, TENANT, "c1", see_one, NULL));
	CHECK(strcmp(seen, "c1:Reset:4:TIMEOUT:{\"a\":1}: ") == 0);
	CHECK_ERR(f.reader.command(f.reader.self, TENANT, "c9", see_one, NULL), NOT_FOUND);
	CHECK_ERR(f.reader.command(f.reader.self, "other", "c1", see_one, NULL), NOT_FOUND);
	seen[0] = '\0';
	CHECK_OK(f.reader.commands(f.reader.self, TENANT, "", INT64_MAX, 9, see, NULL));
	CHECK(strncmp(seen, "c2:Reset:0:OK:{}: c1:", 21) == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.commands(f.reader.self, TENANT, "", 2000, 9, see, NULL));
	CHECK(strncmp(seen, "c1:", 3) == 0 && strstr(seen, "c2:") == NULL);
	seen[0] = '\0';
	CHECK_OK(f.reader.commands(f.reader.self, TENANT, "CS2", INT64_MAX, 9, see, NULL));
	CHECK(strcmp(seen, "c2:Reset:0:OK:{}: ") == 0);
	fixture_done(&f);
}

int
main(void)
{
	CASE(finds_and_lists);
	return 0;
}
