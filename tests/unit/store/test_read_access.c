/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define TENANT VS_CORE_TENANT_DEFAULT

static char seen[1024];

static void
note(const char *text)
{
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s ", text);
}

/* --- tenants ---------------------------------------------------------------------------------- */

static struct vs_core_record *
tenant_record(const char *tenant, enum vs_core_tenant_state state)
{
	struct vs_core_record *record = record_new(VS_RECORD_tenant_put, "", "");

	(void)snprintf(record->u.tenant_put.tenant, sizeof(record->u.tenant_put.tenant), "%s",
	               tenant);
	(void)snprintf(record->u.tenant_put.label, sizeof(record->u.tenant_put.label), "The %s",
	               tenant);
	record->u.tenant_put.state = state;
	return record;
}

static bool
see_tenant(const struct vs_core_tenant *row, void *arg)
{
	(void)arg;
	note(row->tenant);
	note(vs_core_tenant_state_text(row->state));
	return true;
}

static void
tenants(void)
{
	struct vs_core_tenant found;
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, tenant_record("acme", VS_CORE_TENANT_ACTIVE));
	fixture_put(&f, tenant_record("zeta", VS_CORE_TENANT_DISABLED));
	seen[0] = '\0';
	CHECK_OK(f.reader.tenants(f.reader.self, "", 9, see_tenant, NULL));
	CHECK(strcmp(seen, "acme active default active zeta disabled ") == 0);
	seen[0] = '\0';
	CHECK_OK(f.reader.tenants(f.reader.self, "acme", 1, see_tenant, NULL));
	CHECK(strcmp(seen, "default active ") == 0);
	CHECK_OK(f.reader.tenant(f.reader.self, "zeta", &found));
	CHECK(found.state == VS_CORE_TENANT_DISABLED && strcmp(found.label, "The zeta") == 0);
	CHECK(f.reader.tenant(f.reader.self, "zet", &found).code == VS_E_NOT_FOUND);
	/* What was erased stays erased, whoever still believes otherwise. */
	fixture_put(&f, tenant_record("acme", VS_CORE_TENANT_ERASED));
	fixture_put(&f, tenant_record("acme", VS_CORE_TENANT_ACTIVE));
	seen[0] = '\0';
	CHECK_OK(f.reader.tenants(f.reader.self, "", 1, see_tenant, NULL));
	CHECK(strcmp(seen, "acme erased ") == 0);
	fixture_done(&f);
}

/* --- users ------------------------------------------------------------------------------------ */

static struct vs_core_record *
user_record(const char *tenant, const char *id, const char *login, enum vs_core_role role,
            const char *secrets)
{
	struct vs_core_record *record = record_new(VS_RECORD_user_put, id, secrets);
	struct vs_core_user *user = &record->u.user_put;

	(void)snprintf(record->tenant, sizeof(record->tenant), "%s", tenant);
	(void)snprintf(user->tenant, sizeof(user->tenant), "%s", tenant);
	(void)snprintf(user->id, sizeof(user->id), "%s", id);
	(void)snprintf(user->login, sizeof(user->login), "%s", login);
	user->role = role;
	user->is_enabled = true;
	user->created_ms = 7;
	return record;
}

static bool
see_user(const struct vs_core_user_row *row, void *arg)
{
	char secrets[64];

	(void)arg;
	CHECK(row->reading == VS_CORE_READ_WHOLE);
	(void)vs_bytes_copy_text(row->secrets, secrets, sizeof(secrets));
	note(row->user.id);
	note(row->user.login);
	note(vs_core_role_text(row->user.role));
	note(secrets);
	return true;
}

static void
see_one(const struct vs_core_user_row *row, void *arg)
{
	(void)see_user(row, arg);
}

static void
users(void)
{
	const struct vs_port_reader *reader;
	struct fixture f;

	fixture_start(&f);
	reader = &f.reader;
	fixture_put(&f, user_record(TENANT, "u2", "Ann", VS_ROLE_ADMINISTRATOR, "{\"a\":1}"));
	fixture_put(&f, user_record(TENANT, "u1", "bob", VS_ROLE_VIEWER, ""));
	fixture_put(&f, user_record("acme", "u3", "ann", VS_ROLE_AUDITOR, "{}"));
	CHECK(f.last_outcome == VS_E_OK);
	fixture_put(&f, user_record(TENANT, "u4", "ANN", VS_ROLE_VIEWER, "{}"));
	CHECK(f.last_outcome == VS_E_CONFLICT); /* one login, one person */
	seen[0] = '\0';
	CHECK_OK(reader->users(reader->self, TENANT, "", 9, see_user, NULL));
	CHECK(strcmp(seen, "u1 bob viewer  u2 Ann administrator {\"a\":1} ") == 0);
	seen[0] = '\0';
	CHECK_OK(reader->user(reader->self, TENANT, NULL, "aNN", see_one, NULL));
	CHECK_OK(reader->user(reader->self, "acme", "u3", NULL, see_one, NULL));
	CHECK(strcmp(seen, "u2 Ann administrator {\"a\":1} u3 ann auditor {} ") == 0);
	/* Of another tenant is as if it were not there. */
	CHECK_ERR(reader->user(reader->self, "acme", "u2", NULL, see_one, NULL), NOT_FOUND);
	CHECK_ERR(reader->user(reader->self, "acme", NULL, "bob", see_one, NULL), NOT_FOUND);
	fixture_done(&f);
}

/* --- tokens and sessions ---------------------------------------------------------------------- */

static bool
see_token(const struct vs_core_api_token *row, void *arg)
{
	(void)arg;
	note(row->id);
	note(row->label);
	CHECK(row->sha256[0] == 5 && row->sha256[31] == 5);
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%d ",
	               row->used_ms == VS_CORE_ABSENT ? -1 : (int)row->used_ms);
	return true;
}

static void
api_tokens(void)
{
	struct vs_core_api_token found;
	struct fixture f;

	fixture_start(&f);
	for (int used = 0; used < 2; used++) {
		struct vs_core_record *record = record_new(VS_RECORD_api_token_put, "", "");
		struct vs_core_api_token *token = &record->u.api_token_put;

		*token = (struct vs_core_api_token){.tenant = TENANT,
		                                    .id = "t1",
		                                    .role = VS_ROLE_VIEWER,
		                                    .expires_ms = VS_CORE_ABSENT,
		                                    .used_ms = used ? 44 : VS_CORE_ABSENT};
		(void)snprintf(token->label, sizeof(token->label), used ? "other" : "ci");
		memset(token->sha256, 5, sizeof(token->sha256));
		seen[0] = '\0';
		fixture_put(&f, record);
		CHECK_OK(f.reader.api_tokens(f.reader.self, TENANT, "", 9, see_token, NULL));
		CHECK(strcmp(seen, used ? "t1 ci 44 " : "t1 ci -1 ") == 0);
	}
	seen[0] = '\0';
	CHECK_OK(f.reader.api_tokens(f.reader.self, "acme", "", 9, see_token, NULL));
	CHECK(seen[0] == '\0');
	CHECK_OK(f.reader.api_token(f.reader.self, TENANT, "t1", &found));
	CHECK(strcmp(found.label, "ci") == 0 && found.used_ms == 44 && found.sha256[31] == 5);
	CHECK(f.reader.api_token(f.reader.self, TENANT, "t2", &found).code == VS_E_NOT_FOUND);
	CHECK(f.reader.api_token(f.reader.self, "acme", "t1", &found).code == VS_E_NOT_FOUND);
	CHECK(strcmp(found.id, "t1") == 0); /* as it was */
	fixture_done(&f);
}

static struct vs_core_record *
login_record(enum vs_core_record_kind kind, uint8_t hash, const char *user, int64_t now_ms)
{
	struct vs_core_record *record = record_new(kind, "", "");

	memset(record->u.login_put.sha256, hash, sizeof(record->u.login_put.sha256));
	(void)snprintf(record->u.login_put.tenant, sizeof(record->u.login_put.tenant), TENANT);
	(void)snprintf(record->u.login_put.user, sizeof(record->u.login_put.user), "%s", user);
	record->u.login_put.created_ms = record->u.login_put.used_ms = now_ms;
	record->received_ms = now_ms;
	return record;
}

static bool
see_login(const struct vs_core_login *row, void *arg)
{
	(void)arg;
	(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%d/%s ", row->sha256[0],
	               row->user);
	return true;
}

static void
sees_logins(const struct fixture *f, const char *expected)
{
	seen[0] = '\0';
	CHECK_OK(f->reader.logins(f->reader.self, TENANT, 9, see_login, NULL));
	CHECK(strcmp(seen, expected) == 0);
}

static void
finds_login(const struct fixture *f, const char *tenant, uint8_t hash, const char *user)
{
	uint8_t sha256[32];
	struct vs_core_login found;
	vs_result r;

	memset(sha256, hash, sizeof(sha256));
	r = f->reader.login(f->reader.self, tenant, sha256, &found);
	CHECK(r.code == (user == NULL ? VS_E_NOT_FOUND : VS_E_OK));
	CHECK(user == NULL || (strcmp(found.user, user) == 0 && found.sha256[0] == hash));
}

static void
logins(void)
{
	struct fixture f;

	fixture_start(&f);
	fixture_put(&f, login_record(VS_RECORD_login_put, 1, "u1", 1000));
	fixture_put(&f, login_record(VS_RECORD_login_put, 2, "u1", 2000));
	fixture_put(&f, login_record(VS_RECORD_login_put, 3, "u2", 3000));
	sees_logins(&f, "3/u2 2/u1 1/u1 ");
	finds_login(&f, TENANT, 2, "u1");
	finds_login(&f, TENANT, 9, NULL);
	finds_login(&f, "acme", 2, NULL);
	fixture_put(&f, login_record(VS_RECORD_login_remove, 2, "-", 0)); /* by its hash alone */
	sees_logins(&f, "3/u2 1/u1 ");
	finds_login(&f, TENANT, 2, NULL);
	fixture_put(&f, login_record(VS_RECORD_login_put, 4, "u1", 4000));
	fixture_put(&f, login_record(VS_RECORD_login_remove, 0, "u1", 0)); /* everywhere */
	sees_logins(&f, "3/u2 ");
	fixture_put(&f, login_record(VS_RECORD_login_put, 5, "u3", 3001 + INT64_C(43200000)));
	sees_logins(&f, "5/u3 ");
	fixture_done(&f);
}

int
main(void)
{
	CASE(tenants);
	CASE(users);
	CASE(api_tokens);
	CASE(logins);
	return 0;
}
