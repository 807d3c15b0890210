/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/seed.h"

#include <stdlib.h>

#include "../keys/certs_house.h"
#include "crypto/password.h"
#include "test_folder.h"

#define NOW ((int64_t)1795000000000)

static char dir[] = "/tmp/vs-seed-XXXXXX";
static struct vs_core_registry *registry;
static size_t committed;
static vs_result answer;

/* Stands in for the store: what is committed is registered. */
static vs_result
commit(void *self, struct vs_core_record *list, size_t count)
{
	size_t seen = 0;

	(void)self;
	while (list != NULL) {
		struct vs_core_record *next = list->next;

		if (list->kind == VS_RECORD_station_put && answer.code == VS_E_OK)
			CHECK_OK(vs_core_registry_put(registry, &list->u.station_put));
		vs_core_record_free(&list);
		list = next;
		seen++;
	}
	CHECK(seen == count);
	committed += count;
	return answer;
}

static vs_result
verifier_of(void *self, uint32_t version, struct vs_bytes tenant, struct vs_bytes identity,
            struct vs_bytes password, uint8_t verifier_out[static VS_CRYPTO_VERIFIER_SIZE],
            uint32_t *version_out)
{
	CHECK(version == 0);
	if (version_out != NULL)
		*version_out = 1;
	return vs_crypto_password_verifier(self, tenant, identity, password, verifier_out);
}

static struct vs_daemon_seed_options
options_of(int64_t count, const char *auth, struct vs_secret *pepper, struct vs_daemon_pki *pki)
{
	return (struct vs_daemon_seed_options){
	    .state_dir = dir,
	    .count = count,
	    .auth = auth,
	    .pepper = {pepper, verifier_of},
	    .pki = pki,
	    .registry = registry,
	    .commit = {NULL, commit},
	    .now_ms = NOW,
	};
}

static void
read_csv(struct vs_buf *buf)
{
	char path[VS_PATH_SIZE];

	vs_buf_init(buf, 1 << 20);
	CHECK_OK(vs_path_join(dir, "credentials.csv", path));
	CHECK_OK(vs_file_read(path, buf));
	CHECK_OK(vs_buf_append_byte(buf, 0));
}

/* The password in the file is the one whose verifier is registered. */
static void
check_password(const char *csv, const char *identity, struct vs_secret *pepper)
{
	struct vs_core_station station;
	uint8_t verifier[VS_CRYPTO_VERIFIER_SIZE];
	const char *line = strstr(csv, identity);
	const char *password, *end;

	CHECK(line != NULL);
	password = strchr(line, ',') + 1;
	end = strchr(password, ',');
	CHECK(end - password == VS_CRYPTO_PASSWORD_TEXT_SIZE - 1);
	CHECK_OK(vs_crypto_password_verifier(
	    pepper, vs_bytes_from_text(VS_CORE_TENANT_DEFAULT), vs_bytes_from_text(identity),
	    vs_bytes_from(password, (size_t)(end - password)), verifier));
	CHECK_OK(vs_core_registry_find(registry, vs_bytes_from_text(identity), &station));
	CHECK(station.has_verifier && memcmp(station.verifier, verifier, sizeof(verifier)) == 0);
}

static void
stations_are_made_once(struct vs_secret *pepper, struct vs_daemon_pki *pki)
{
	struct vs_daemon_seed_options options = options_of(4, "mixed", pepper, pki);
	struct vs_core_station station;
	struct vs_buf first, second;

	CHECK_OK(vs_daemon_seed_stations(&options));
	CHECK(committed == 4 && vs_core_registry_count(registry) == 4);
	read_csv(&first);
	check_password((const char *)first.data, "CS-0001", pepper);
	CHECK_OK(vs_core_registry_find(registry, VS_BYTES_LITERAL("CS-0002"), &station));
	CHECK(station.auth == VS_CORE_AUTH_MTLS && !station.has_verifier);
	CHECK_OK(vs_daemon_seed_stations(&options)); /* a restart */
	CHECK(committed == 4);
	read_csv(&second);
	CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
	/* One that was removed meanwhile is made anew, its old line is gone. */
	vs_core_registry_remove(registry, "CS-0003");
	CHECK_OK(vs_daemon_seed_stations(&options));
	CHECK(committed == 5);
	vs_buf_done(&second);
	read_csv(&second);
	check_password((const char *)second.data, "CS-0003", pepper);
	CHECK(strstr(strstr((const char *)second.data, "CS-0003") + 1, "CS-0003") == NULL);
	vs_buf_done(&first);
	vs_buf_done(&second);
}

static void
a_failed_commit_leaves_the_file(struct vs_secret *pepper, struct vs_daemon_pki *pki)
{
	struct vs_daemon_seed_options options = options_of(6, "basic", pepper, pki);
	struct vs_buf before, after;

	read_csv(&before);
	answer = VS_FAIL(IO);
	CHECK_ERR(vs_daemon_seed_stations(&options), IO);
	read_csv(&after);
	CHECK(before.size == after.size && memcmp(before.data, after.data, before.size) == 0);
	answer = VS_OK;
	vs_buf_done(&before);
	vs_buf_done(&after);
}

int
main(void)
{
	struct vs_secret *pepper = NULL;
	struct vs_daemon_pki *pki = NULL;
	struct vs_daemon_seed_options options;
	struct house house;
	bool is_changed;

	test_folder_make(dir);
	CHECK_OK(vs_core_registry_new(&registry));
	CHECK_OK(vs_secret_new(VS_CRYPTO_PEPPER_SIZE, &pepper));
	house_open(&house);
	CHECK_OK(vs_daemon_pki_open(dir, house.client, &vs_daemon_pki_development, &pki));
	CHECK_OK(make_service(&house));
	CHECK_OK(vs_daemon_pki_serve(pki, house.certs, now_ms, &is_changed));
	stations_are_made_once(pepper, pki);
	a_failed_commit_leaves_the_file(pepper, pki);
	committed = 0;
	options = options_of(0, "mixed", pepper, pki);
	CHECK_OK(vs_daemon_seed_tokens(&options));
	CHECK(committed == 21);
	vs_daemon_pki_free(&pki);
	house_end(&house);
	vs_secret_free(&pepper);
	vs_core_registry_free(&registry);
	return 0;
}
