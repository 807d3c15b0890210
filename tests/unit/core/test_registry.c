/* SPDX-License-Identifier: Apache-2.0 */
#include "core/registry.h"

#include <pthread.h>

#include "test.h"

static struct vs_core_station
station(const char *identity)
{
	struct vs_core_station s = {
	    .tenant = "default", .auth = VS_CORE_AUTH_MTLS, .is_enabled = true};

	(void)snprintf(s.identity, sizeof(s.identity), "%s", identity);
	return s;
}

static void
put_find_replace_remove(void)
{
	struct vs_core_registry *registry = NULL;
	struct vs_core_station s = station("CS-1"), found;

	CHECK_OK(vs_core_registry_new(&registry));
	CHECK_ERR(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &found), NOT_FOUND);
	CHECK_OK(vs_core_registry_put(registry, &s));
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &found));
	CHECK(strcmp(found.identity, "CS-1") == 0 && found.auth == VS_CORE_AUTH_MTLS &&
	      found.is_enabled);
	/* Byte for byte: neither case nor a longer or shorter name. */
	CHECK_ERR(vs_core_registry_find(registry, VS_BYTES_LITERAL("cs-1"), &found), NOT_FOUND);
	CHECK_ERR(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1\0"), &found), NOT_FOUND);
	CHECK_ERR(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-"), &found), NOT_FOUND);
	s.is_enabled = false;
	CHECK_OK(vs_core_registry_put(registry, &s));
	CHECK(vs_core_registry_count(registry) == 1);
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &found));
	CHECK(!found.is_enabled);
	s = station("CS:1");
	CHECK_ERR(vs_core_registry_put(registry, &s), BAD_VALUE);
	vs_core_registry_remove(registry, "CS-2");
	vs_core_registry_remove(registry, "CS-1");
	CHECK(vs_core_registry_count(registry) == 0);
	CHECK_ERR(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &found), NOT_FOUND);
	vs_core_registry_free(&registry);
	vs_core_registry_free(&registry);
}

static void
boot_is_remembered(void)
{
	struct vs_core_registry *registry = NULL;
	struct vs_core_station s = station("CS-1"), found;

	CHECK_OK(vs_core_registry_new(&registry));
	CHECK_OK(vs_core_registry_put(registry, &s));
	vs_core_registry_set_boot(registry, "CS-1", VS_CORE_REGISTRATION_ACCEPTED, "V", "M", "S",
	                          "F");
	vs_core_registry_set_boot(registry, "CS-9", VS_CORE_REGISTRATION_ACCEPTED, "V", "M", "S",
	                          "F");
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &found));
	CHECK(found.registration == VS_CORE_REGISTRATION_ACCEPTED);
	CHECK(strcmp(found.vendor, "V") == 0 && strcmp(found.model, "M") == 0);
	CHECK(strcmp(found.serial, "S") == 0 && strcmp(found.firmware, "F") == 0);
	CHECK(vs_core_registry_count(registry) == 1);
	vs_core_registry_free(&registry);
}

/* --- loading, from a reader that has 2 500 of each ------------------------------------------ */

#define ROWS 2500

static vs_result
stations(void *self, const char *tenant, const char *after, size_t limit,
         bool (*row)(const struct vs_core_station_row *, void *), void *arg)
{
	size_t given = 0;

	(void)self;
	if (strcmp(tenant, "default") != 0) {
		struct vs_core_station_row r = {.station = station("acme.CS-1")};

		(void)snprintf(r.station.tenant, sizeof(r.station.tenant), "%s", tenant);
		if (after[0] == '\0')
			(void)row(&r, arg);
		return VS_OK;
	}
	for (int i = 0; i < ROWS && given < limit; i++) {
		struct vs_core_station_row r = {0};
		char identity[16];

		(void)snprintf(identity, sizeof(identity), "CS-%05d", i);
		if (strcmp(identity, after) <= 0)
			continue;
		r.station = station(identity);
		given++;
		if (!row(&r, arg))
			break;
	}
	return VS_OK;
}

static vs_result
tokens(void *self, const char *tenant, const char *after, size_t limit,
       bool (*row)(const struct vs_core_token_row *, void *), void *arg)
{
	size_t given = 0;

	for (int i = 0; i < (strcmp(tenant, "default") == 0 ? ROWS : 1) && given < limit; i++) {
		struct vs_core_token_row r = {.status = "Accepted", .expires_ms = VS_CORE_ABSENT};

		(void)snprintf(r.tenant, sizeof(r.tenant), "%s", tenant);
		(void)snprintf(r.token, sizeof(r.token), "T%05d", i);
		(void)snprintf(r.cursor, sizeof(r.cursor), "%05d", i);
		if (strcmp(r.cursor, after) <= 0)
			continue;
		if (i % 7 == 3) { /* its idToken cannot be read any more */
			r.token[0] = '\0';
			r.reading = i % 2 == 0 ? VS_CORE_READ_ERASED : VS_CORE_READ_DAMAGED;
		}
		given++;
		if (!row(&r, arg))
			break;
	}
	return self == NULL ? VS_OK : VS_FAIL(IO);
}

static vs_result
tenants(void *self, const char *after, size_t limit,
        bool (*row)(const struct vs_core_tenant *, void *), void *arg)
{
	const struct vs_core_tenant both[] = {{.tenant = "acme", .state = VS_CORE_TENANT_DISABLED},
	                                      {.tenant = "default"}};

	(void)self;
	CHECK(limit > 2);
	for (size_t i = 0; i < 2; i++)
		if (strcmp(both[i].tenant, after) > 0 && !row(&both[i], arg))
			break;
	return VS_OK;
}

static void
what_is_proved_takes_effect_once(void)
{
	const struct vs_core_proof lower = {.profile = 2}, higher = {3, true, true};
	struct vs_core_registry *registry = NULL;
	struct vs_core_station s = station("CS-1"), now;

	CHECK_OK(vs_core_registry_new(&registry));
	CHECK(!vs_core_registry_prove(registry, "CS-1", &higher, &now));
	s.auth = VS_CORE_AUTH_BASIC;
	s.has_next_auth = s.has_next_verifier = true;
	s.next_auth = VS_CORE_AUTH_MTLS_BASIC;
	s.next_pepper_version = 4;
	memset(s.next_verifier, 7, sizeof(s.next_verifier));
	CHECK_OK(vs_core_registry_put(registry, &s));
	CHECK(vs_core_registry_prove(registry, "CS-1", &lower, &now));
	CHECK(now.policy.profile_reached == 2 && now.auth == VS_CORE_AUTH_BASIC &&
	      now.has_next_auth && now.has_next_verifier);
	CHECK(!vs_core_registry_prove(registry, "CS-1", &lower, &now));
	CHECK(vs_core_registry_prove(registry, "CS-1", &higher, &now));
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &now));
	CHECK(now.policy.profile_reached == 3 && now.auth == VS_CORE_AUTH_MTLS_BASIC &&
	      !now.has_next_auth && !now.has_next_verifier);
	CHECK(now.has_verifier && now.verifier[31] == 7 && now.pepper_version == 4 &&
	      now.verifier_kind == VS_CORE_VERIFIER_PEPPERED && now.next_verifier[0] == 0);
	/* Back to a lower one changes nothing here: whether it may is asked before. */
	CHECK(!vs_core_registry_prove(registry, "CS-1", &lower, &now));
	vs_core_registry_free(&registry);
}

static void
loads_all_pages(void)
{
	struct vs_core_registry *registry = NULL;
	struct vs_port_reader reader = {.stations = stations, .tokens = tokens, .tenants = tenants};
	struct vs_core_station found;
	char status[21], group[VS_CORE_TOKEN_SIZE];

	CHECK_OK(vs_core_registry_new(&registry));
	CHECK_OK(vs_core_registry_load(registry, &reader));
	CHECK(vs_core_registry_count(registry) == ROWS + 1);
	/* The other tenant is disabled: its station is there, and not let in. */
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("acme.CS-1"), &found));
	CHECK(!found.is_enabled && strcmp(found.tenant, "acme") == 0);
	CHECK_OK(vs_core_registry_open_tenant(registry, "acme", true));
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("acme.CS-1"), &found));
	CHECK(found.is_enabled && vs_core_registry_is_open(registry, "acme"));
	CHECK_OK(vs_core_registry_open_tenant(registry, "acme", false));
	CHECK(!vs_core_registry_is_open(registry, "acme"));
	CHECK(vs_core_registry_is_open(registry, "default"));
	vs_core_registry_token_check(registry, "acme", "T00000", 0, status, group);
	CHECK(strcmp(status, "Accepted") == 0);
	vs_core_registry_token_check(registry, "acme", "T02499", 0, status, group);
	CHECK(strcmp(status, "Invalid") == 0);
	vs_core_registry_token_check(registry, "default", "T02499", 0, status, group);
	CHECK(strcmp(status, "Accepted") == 0);
	vs_core_registry_token_check(registry, "default", "T00010", 0, status, group);
	CHECK(strcmp(status, "Invalid") == 0);
	reader.self = &reader;
	CHECK_ERR(vs_core_registry_load(registry, &reader), IO);
	vs_core_registry_free(&registry);
}

/* --- threads -------------------------------------------------------------------------------- */

static void *
hammer(void *arg)
{
	struct vs_core_registry *registry = arg;

	for (int i = 0; i < 20000; i++) {
		char identity[16];
		struct vs_core_station s, found;

		(void)snprintf(identity, sizeof(identity), "CS-%d", i % 97);
		s = station(identity);
		switch (i % 4) {
		case 0:
			CHECK_OK(vs_core_registry_put(registry, &s));
			break;
		case 1:
			if (vs_core_registry_find(registry, vs_bytes_from_text(identity), &found)
			        .code == VS_E_OK)
				CHECK(strcmp(found.identity, identity) == 0);
			break;
		case 2:
			vs_core_registry_set_boot(registry, identity, VS_CORE_REGISTRATION_ACCEPTED,
			                          "V", "M", "S", "F");
			break;
		case 3:
			vs_core_registry_remove(registry, identity);
			break;
		}
	}
	return NULL;
}

static void
threads_do_not_disturb_each_other(void)
{
	struct vs_core_registry *registry = NULL;
	pthread_t threads[3];
	size_t left = 0;

	CHECK_OK(vs_core_registry_new(&registry));
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, hammer, registry) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	for (int i = 0; i < 97; i++) {
		char identity[16];
		struct vs_core_station found;

		(void)snprintf(identity, sizeof(identity), "CS-%d", i);
		if (vs_core_registry_find(registry, vs_bytes_from_text(identity), &found).code ==
		    VS_E_OK)
			left++;
	}
	CHECK(vs_core_registry_count(registry) == left);
	vs_core_registry_free(&registry);
}

/* The last word, of who is there. */
static void
a_refusal_is_remembered(void)
{
	struct vs_core_registry *registry = NULL;
	struct vs_core_station station = {.is_enabled = true};

	CHECK_OK(vs_core_registry_new(&registry));
	(void)snprintf(station.identity, sizeof(station.identity), "CS-1");
	CHECK_OK(vs_core_registry_put(registry, &station));
	vs_core_registry_set_refused(registry, "CS-1", "wrong_password", 1000);
	vs_core_registry_set_refused(registry, "CS-1", "downgrade.refused", 2000);
	vs_core_registry_set_refused(registry, "CS-9", "unknown_identity", 3000);
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-1"), &station));
	CHECK(strcmp(station.refused, "downgrade.refused") == 0 && station.refused_ms == 2000);
	vs_core_registry_free(&registry);
}

int
main(void)
{
	CASE(put_find_replace_remove);
	CASE(boot_is_remembered);
	CASE(what_is_proved_takes_effect_once);
	CASE(a_refusal_is_remembered);
	CASE(loads_all_pages);
	CASE(threads_do_not_disturb_each_other);
	return 0;
}
