/* SPDX-License-Identifier: Apache-2.0 */
#include "api/access.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"

#define PAGE 256

vs_result
vs_api_access_init(struct vs_api_access *access)
{
	*access = (struct vs_api_access){.tenants = NULL};
	VS_TRY(vs_map_new(VS_LIMIT_TENANTS, &access->tenants));
	VS_TRY(vs_map_new(VS_LIMIT_OPERATORS, &access->users));
	return vs_map_new(VS_LIMIT_API_TOKENS, &access->tokens);
}

void
vs_api_access_done(struct vs_api_access *access)
{
	struct vs_map **const maps[] = {&access->tenants, &access->users, &access->tokens};

	for (size_t i = 0; i < 3; i++) {
		struct vs_map_cursor cursor = {0};

		while (*maps[i] != NULL && vs_map_next(*maps[i], &cursor))
			free(cursor.value);
		vs_map_free(maps[i]);
	}
}

static vs_result
put(struct vs_map *map, const char *key, const void *value, size_t size)
{
	void *place = vs_map_get(map, vs_bytes_from_text(key));
	vs_result r;

	if (place != NULL) {
		memcpy(place, value, size);
		return VS_OK;
	}
	place = calloc(1, size);
	if (place == NULL)
		return VS_FAIL(NO_MEMORY);
	memcpy(place, value, size);
	r = vs_map_put(map, vs_bytes_from_text(key), place, NULL);
	if (r.code != VS_E_OK) {
		free(place);
		return VS_FAIL(BUSY);
	}
	return VS_OK;
}

/* --- tenants ---------------------------------------------------------------------------------- */

struct vs_core_tenant *
vs_api_access_tenant(const struct vs_api_access *access, const char *tenant)
{
	return vs_map_get(access->tenants, vs_bytes_from_text(tenant));
}

bool
vs_api_access_is_active(const struct vs_api_access *access, const char *tenant)
{
	const struct vs_core_tenant *found = vs_api_access_tenant(access, tenant);

	return found != NULL && found->state == VS_CORE_TENANT_ACTIVE;
}

const char *
vs_api_identity_fault(const struct vs_api_access *access, const char *tenant, const char *identity)
{
	const char *dot = strchr(identity, '.');

	if (!vs_core_identity_fits(vs_bytes_from_text(identity), tenant))
		return "the name of your tenant and a dot are expected before it";
	if (strcmp(tenant, VS_CORE_TENANT_DEFAULT) == 0 && dot != NULL &&
	    vs_map_get(access->tenants, vs_bytes_from(identity, (size_t)(dot - identity))) != NULL)
		return "those that begin with the name of a tenant and a dot are its own";
	return NULL;
}

static void
forget_all(struct vs_api_access *access, const char *tenant)
{
	struct vs_map_cursor cursor = {0};

	while (vs_map_next(access->users, &cursor)) {
		struct vs_api_person *person = cursor.value;

		if (strcmp(person->user.tenant, tenant) == 0)
			free(vs_map_remove(access->users, cursor.key));
	}
	cursor = (struct vs_map_cursor){0};
	while (vs_map_next(access->tokens, &cursor)) {
		struct vs_core_api_token *token = cursor.value;

		if (strcmp(token->tenant, tenant) == 0)
			free(vs_map_remove(access->tokens, cursor.key));
	}
}

vs_result
vs_api_access_put_tenant(struct vs_api_access *access, const struct vs_core_tenant *tenant)
{
	if (tenant->state == VS_CORE_TENANT_ERASED)
		forget_all(access, tenant->tenant);
	return put(access->tenants, tenant->tenant, tenant, sizeof(*tenant));
}

/* --- users ------------------------------------------------------------------------------------ */

struct vs_api_person *
vs_api_access_user(const struct vs_api_access *access, const char *tenant, const char *id)
{
	struct vs_api_person *person = vs_map_get(access->users, vs_bytes_from_text(id));

	return person == NULL || (tenant != NULL && strcmp(person->user.tenant, tenant) != 0)
	           ? NULL
	           : person;
}

vs_result
vs_api_access_put_user(struct vs_api_access *access, const struct vs_core_user *user)
{
	const struct vs_api_person *before = vs_api_access_user(access, NULL, user->id);
	struct vs_api_person person = {.user = *user, .totp_step = -1};

	if (before != NULL)
		person.totp_step = before->totp_step;
	memset(person.user.login, 0, sizeof(person.user.login));
	return put(access->users, user->id, &person, sizeof(person));
}

void
vs_api_access_remove_user(struct vs_api_access *access, const char *tenant, const char *id)
{
	if (vs_api_access_user(access, tenant, id) != NULL)
		free(vs_map_remove(access->users, vs_bytes_from_text(id)));
}

size_t
vs_api_access_count(const struct vs_api_access *access, const char *tenant, enum vs_core_role role,
                    const char *but_id)
{
	struct vs_map_cursor cursor = {0};
	size_t count = 0;

	while (vs_map_next(access->users, &cursor)) {
		const struct vs_api_person *person = cursor.value;

		count += person->user.is_enabled && person->user.role == role &&
		         strcmp(person->user.tenant, tenant) == 0 &&
		         strcmp(person->user.id, but_id) != 0;
	}
	return count;
}

void
vs_api_access_remember(struct vs_api_access *access, const struct vs_api_access *before)
{
	struct vs_map_cursor cursor = {0};

	while (vs_map_next(access->users, &cursor)) {
		struct vs_api_person *person = cursor.value;
		const struct vs_api_person *old = vs_map_get(before->users, cursor.key);

		if (old != NULL)
			person->totp_step = old->totp_step;
	}
}

/* --- tokens ----------------------------------------------------------------------------------- */

struct vs_core_api_token *
vs_api_access_token(const struct vs_api_access *access, const char *tenant, const char *id)
{
	struct vs_core_api_token *token = vs_map_get(access->tokens, vs_bytes_from_text(id));

	return token == NULL || (tenant != NULL && strcmp(token->tenant, tenant) != 0) ? NULL
	                                                                               : token;
}

vs_result
vs_api_access_put_token(struct vs_api_access *access, const struct vs_core_api_token *token)
{
	return put(access->tokens, token->id, token, sizeof(*token));
}

void
vs_api_access_remove_token(struct vs_api_access *access, const char *tenant, const char *id)
{
	if (vs_api_access_token(access, tenant, id) != NULL)
		free(vs_map_remove(access->tokens, vs_bytes_from_text(id)));
}

/* --- loading ---------------------------------------------------------------------------------- */

struct load {
	struct vs_api_access *access;
	vs_result result;
	size_t count; /* of this page */
	char last[VS_CORE_TENANT_SIZE];
};

static bool
load_tenant(const struct vs_core_tenant *row, void *arg)
{
	struct load *load = arg;

	load->count++;
	memcpy(load->last, row->tenant, sizeof(load->last));
	load->result = vs_api_access_put_tenant(load->access, row);
	return load->result.code == VS_E_OK;
}

static bool
load_user(const struct vs_core_user_row *row, void *arg)
{
	struct load *load = arg;

	load->count++;
	memcpy(load->last, row->user.id, sizeof(row->user.id));
	load->result = vs_api_access_put_user(load->access, &row->user);
	return load->result.code == VS_E_OK;
}

static bool
load_token(const struct vs_core_api_token *row, void *arg)
{
	struct load *load = arg;

	load->count++;
	memcpy(load->last, row->id, sizeof(row->id));
	load->result = vs_api_access_put_token(load->access, row);
	return load->result.code == VS_E_OK;
}

static vs_result
load_of_tenant(struct vs_api_access *access, const struct vs_port_reader *reader,
               const char *tenant)
{
	struct load load = {.access = access, .result = VS_OK};

	do {
		load.count = 0;
		VS_TRY(reader->users(reader->self, tenant, load.last, PAGE, load_user, &load));
		VS_TRY(load.result);
	} while (load.count == PAGE);
	load.last[0] = '\0';
	do {
		load.count = 0;
		VS_TRY(
		    reader->api_tokens(reader->self, tenant, load.last, PAGE, load_token, &load));
		VS_TRY(load.result);
	} while (load.count == PAGE);
	return VS_OK;
}

vs_result
vs_api_access_load(struct vs_api_access *access, const struct vs_port_reader *reader,
                   bool (*session)(const struct vs_core_login *, void *), void *arg)
{
	struct load load = {.access = access, .result = VS_OK};
	struct vs_map_cursor cursor = {0};

	do {
		load.count = 0;
		VS_TRY(reader->tenants(reader->self, load.last, PAGE, load_tenant, &load));
		VS_TRY(load.result);
	} while (load.count == PAGE);
	while (vs_map_next(access->tenants, &cursor)) {
		const struct vs_core_tenant *tenant = cursor.value;

		if (tenant->state == VS_CORE_TENANT_ERASED)
			continue;
		VS_TRY(load_of_tenant(access, reader, tenant->tenant));
		VS_TRY(reader->logins(reader->self, tenant->tenant, VS_LIMIT_API_SESSIONS, session,
		                      arg));
	}
	return VS_OK;
}
