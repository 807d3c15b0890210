/* SPDX-License-Identifier: Apache-2.0 */
/* The registry as the store has it, tenant by tenant. */
#include "core/registry.h"

#include <assert.h>

#include "base/text.h"

#define LOAD_PAGE   1000u
#define TENANT_PAGE 64u

struct load {
	struct vs_core_registry *registry;
	size_t count; /* of this page */
	char last[VS_CORE_IDENTITY_SIZE > VS_CORE_CURSOR_SIZE ? VS_CORE_IDENTITY_SIZE
	                                                      : VS_CORE_CURSOR_SIZE];
	vs_result r;
};

static bool
load_station(const struct vs_core_station_row *row, void *arg)
{
	struct load *load = arg;

	load->r = vs_core_registry_put(load->registry, &row->station);
	load->count++;
	vs_text_copy(row->station.identity, load->last, sizeof(load->last));
	return load->r.code == VS_E_OK;
}

static bool
load_token(const struct vs_core_token_row *row, void *arg)
{
	struct load *load = arg;

	/* One that cannot be read any more is as good as unknown. */
	if (row->reading == VS_CORE_READ_WHOLE)
		load->r = vs_core_registry_token_put(load->registry, row);
	load->count++;
	vs_text_copy(row->cursor, load->last, sizeof(load->last));
	return load->r.code == VS_E_OK;
}

static vs_result
load_of_tenant(struct vs_core_registry *registry, const struct vs_port_reader *reader,
               const char *tenant)
{
	struct load load = {.registry = registry, .r = VS_OK};

	do {
		load.count = 0;
		VS_TRY(reader->stations(reader->self, tenant, load.last, LOAD_PAGE, load_station,
		                        &load));
		VS_TRY(load.r);
	} while (load.count == LOAD_PAGE);
	load.last[0] = '\0';
	do {
		load.count = 0;
		VS_TRY(
		    reader->tokens(reader->self, tenant, load.last, LOAD_PAGE, load_token, &load));
		VS_TRY(load.r);
	} while (load.count == LOAD_PAGE);
	return VS_OK;
}

struct tenants {
	struct vs_core_registry *registry;
	size_t count; /* of this page */
	char names[TENANT_PAGE][VS_CORE_TENANT_SIZE];
	vs_result r;
};

/* One that is erased or disabled is in the registry, too, so that nobody takes its identities. */
static bool
see_tenant(const struct vs_core_tenant *row, void *arg)
{
	struct tenants *tenants = arg;

	vs_text_copy(row->tenant, tenants->names[tenants->count], sizeof(tenants->names[0]));
	tenants->count++;
	tenants->r = vs_core_registry_open_tenant(tenants->registry, row->tenant,
	                                          row->state == VS_CORE_TENANT_ACTIVE);
	return tenants->r.code == VS_E_OK;
}

vs_result
vs_core_registry_load(struct vs_core_registry *registry, const struct vs_port_reader *reader)
{
	struct tenants tenants = {.registry = registry, .r = VS_OK};
	char last[VS_CORE_TENANT_SIZE] = "";

	assert(registry != NULL && reader != NULL);
	do {
		tenants.count = 0;
		VS_TRY(reader->tenants(reader->self, last, TENANT_PAGE, see_tenant, &tenants));
		VS_TRY(tenants.r);
		for (size_t i = 0; i < tenants.count; i++)
			VS_TRY(load_of_tenant(registry, reader, tenants.names[i]));
		if (tenants.count > 0)
			vs_text_copy(tenants.names[tenants.count - 1], last, sizeof(last));
	} while (tenants.count == TENANT_PAGE);
	return VS_OK;
}
