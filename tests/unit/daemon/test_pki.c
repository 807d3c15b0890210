/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pki.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../keys/certs_house.h"
#include "crypto/x509_issue.h"
#include "daemon/keys.h"

static struct house house;
static struct vs_daemon_pki *pki;
static bool is_changed;

/* As the daemon does it: the CA, then the service, then what others read. */
static void
open_all(int64_t at_ms)
{
	CHECK_OK(vs_daemon_pki_open(house.rig.dir, house.client, &vs_daemon_pki_development, &pki));
	if (house.certs == NULL)
		CHECK_OK(make_service(&house));
	CHECK_OK(vs_daemon_pki_serve(pki, house.certs, at_ms, &is_changed));
}

static void
read_file(const char *path, struct vs_buf *buf)
{
	vs_buf_init(buf, 65536);
	CHECK_OK(vs_file_read(path, buf));
}

static bool
succeeds(char *command)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
	pid_t pid;
	int status;

	CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* openssl, as a second opinion: the chain holds and the names are in it. */
static void
openssl_agrees(void)
{
	struct vs_daemon_pki_station station = {.identity = "CS-9"};
	char command[4 * VS_PATH_SIZE];
	struct vs_certs_inventory inventory;

	house_open(&house);
	open_all(now_ms);
	CHECK_OK(vs_path_join(house.rig.dir, "CS-9.pem", station.path));
	CHECK_OK(vs_daemon_pki_stations_issue(pki, "default", &station, 1));
	(void)snprintf(command, sizeof(command),
	               "openssl verify -x509_strict -partial_chain -CAfile '%s' '%s' >/dev/null",
	               vs_daemon_pki_paths(pki)->station_ca, station.path);
	CHECK(succeeds(command));
	(void)snprintf(command, sizeof(command),
	               "openssl x509 -in '%s' -noout -subject -nameopt RFC2253 | grep -q "
	               "'CN=CS-9,O=Voltseal DEV'",
	               station.path);
	CHECK(succeeds(command));
	(void)snprintf(command, sizeof(command),
	               "openssl x509 -in '%s' -noout -ext extendedKeyUsage 2>&1 | grep -q 'No ext'",
	               station.path);
	CHECK(succeeds(command)); /* OCPP 2.0.1 A00.FR.514 */
	(void)snprintf(command, sizeof(command),
	               "openssl verify -x509_strict -purpose sslserver -verify_ip 127.0.0.1 "
	               "-CAfile '%s' -untrusted '%s' '%s' >/dev/null",
	               vs_daemon_pki_paths(pki)->ca, vs_daemon_pki_paths(pki)->server_rsa,
	               vs_daemon_pki_paths(pki)->server_rsa);
	CHECK(succeeds(command));
	/* All of them are in the inventory: two servers and the station. */
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 3);
	/* No private key of the CA is anywhere in the folder but sealed in the vault. */
	(void)snprintf(command, sizeof(command), "test -e '%s/pki/root-ca.key.pem'", house.rig.dir);
	CHECK(!succeeds(command));
	vs_daemon_pki_free(&pki);
	house_end(&house);
}

static void
same_ca_after_a_restart(void)
{
	struct vs_buf first, second, server, renewed;
	struct vs_certs_inventory inventory;

	house_open(&house);
	open_all(now_ms);
	CHECK(is_changed);
	read_file(vs_daemon_pki_paths(pki)->ca, &first);
	read_file(vs_daemon_pki_paths(pki)->server_ec, &server);
	vs_daemon_pki_free(&pki);
	open_all(now_ms + DAY);
	CHECK(!is_changed);
	read_file(vs_daemon_pki_paths(pki)->ca, &second);
	CHECK(vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&second)));
	read_file(vs_daemon_pki_paths(pki)->server_ec, &renewed);
	CHECK(vs_bytes_equal(vs_buf_view(&server), vs_buf_view(&renewed)));
	vs_buf_done(&renewed);
	vs_daemon_pki_free(&pki);
	/* 60 % of 30 days, and up to 5 % more: the server's certificates are renewed, the CA is
	 * not, and the old ones are known to be replaced. */
	open_all(now_ms + 20 * DAY);
	CHECK(is_changed);
	read_file(vs_daemon_pki_paths(pki)->server_ec, &renewed);
	CHECK(!vs_bytes_equal(vs_buf_view(&server), vs_buf_view(&renewed)));
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 2 && inventory.superseded == 2);
	vs_daemon_pki_free(&pki);
	vs_buf_done(&first);
	vs_buf_done(&second);
	vs_buf_done(&server);
	vs_buf_done(&renewed);
	house_end(&house);
}

static pthread_mutex_t sweep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t sweep_done = PTHREAD_COND_INITIALIZER;
static unsigned sweep_count;

/* As the daemon does it, 20 days later. */
static vs_result
on_sweep(void *arg)
{
	CHECK_OK(
	    vs_daemon_pki_serve(pki, vs_daemon_keys_certs(arg), now_ms + 20 * DAY, &is_changed));
	CHECK(pthread_mutex_lock(&sweep_lock) == 0);
	sweep_count++;
	CHECK(pthread_cond_signal(&sweep_done) == 0);
	CHECK(pthread_mutex_unlock(&sweep_lock) == 0);
	return VS_OK;
}

static void
renewed_while_it_runs(void)
{
	const struct vs_keys_times times = {0};
	struct vs_daemon_keys *keys = NULL;
	char path[VS_PATH_SIZE], reason[256];
	struct vs_buf server, renewed;

	house_open(&house);
	CHECK_OK(vs_path_join(house.rig.dir, "other.db", path));
	CHECK_OK(vs_daemon_keys_new(house.client, &(const struct vs_store_place){.path = path},
	                            &times, reason, sizeof(reason), &keys));
	CHECK_ERR(vs_daemon_keys_certify(keys, house.client), NOT_FOUND);
	CHECK_OK(vs_daemon_pki_open(house.rig.dir, house.client, &vs_daemon_pki_development, &pki));
	CHECK_OK(vs_daemon_keys_certify(keys, house.client));
	CHECK_OK(vs_daemon_pki_serve(pki, vs_daemon_keys_certs(keys), now_ms, &is_changed));
	read_file(vs_daemon_pki_paths(pki)->server_ec, &server);
	vs_daemon_keys_on_sweep(keys, on_sweep, keys);
	CHECK_OK(vs_daemon_keys_run(keys));
	CHECK(pthread_mutex_lock(&sweep_lock) == 0);
	while (sweep_count == 0)
		CHECK(pthread_cond_wait(&sweep_done, &sweep_lock) == 0);
	CHECK(pthread_mutex_unlock(&sweep_lock) == 0);
	vs_daemon_keys_halt(keys);
	CHECK(is_changed);
	read_file(vs_daemon_pki_paths(pki)->server_ec, &renewed);
	CHECK(!vs_bytes_equal(vs_buf_view(&server), vs_buf_view(&renewed)));
	vs_buf_done(&server);
	vs_buf_done(&renewed);
	vs_daemon_pki_free(&pki);
	vs_daemon_keys_free(&keys);
	house_end(&house);
}

/* --- another root ------------------------------------------------------------------------------
 */

/* Does what clients read let them trust what is shown? */
static bool
is_trusted(const char *server)
{
	char command[4 * VS_PATH_SIZE];

	(void)snprintf(command, sizeof(command),
	               "openssl verify -CAfile '%s' -untrusted '%s' '%s' >/dev/null 2>&1",
	               vs_daemon_pki_paths(pki)->ca, server, server);
	return succeeds(command);
}

static size_t
roots_in_file(void)
{
	struct vs_x509_cert *cert = NULL;
	size_t offset = 0, count = 0;
	struct vs_buf pem;

	read_file(vs_daemon_pki_paths(pki)->ca, &pem);
	while (vs_x509_cert_read_next(vs_buf_view(&pem), &offset, &cert).code == VS_E_OK) {
		vs_x509_cert_free(&cert);
		count++;
	}
	vs_buf_done(&pem);
	return count;
}

/* One round; what a listener still shows is `shown`, a copy of the file of before. */
static void
serve_again(size_t roots, const char *shown, bool is_put_off)
{
	bool is_again = !is_put_off;

	CHECK_OK(vs_daemon_pki_serve(pki, house.certs, now_ms, &is_changed));
	CHECK(is_changed);
	CHECK(roots_in_file() == roots);
	CHECK(is_trusted(shown) && is_trusted(vs_daemon_pki_paths(pki)->server_ec));
	CHECK(is_trusted(vs_daemon_pki_paths(pki)->server_rsa));
	CHECK_OK(vs_daemon_pki_settle(pki, &is_again));
	CHECK(is_again == is_put_off);
}

static void
the_file_of_roots_leads_and_follows(void)
{
	struct vs_certs_rotation rotation;
	char shown[VS_PATH_SIZE];
	struct vs_buf file;

	house_open(&house);
	open_all(now_ms);
	CHECK_OK(vs_path_join(house.rig.dir, "shown.pem", shown));
	read_file(vs_daemon_pki_paths(pki)->server_ec, &file);
	CHECK_OK(vs_file_write(shown, vs_buf_view(&file)));
	CHECK_OK(vs_certs_rotation_begin(house.certs, VS_CORE_BEHALF("test"), &rotation));
	serve_again(2, shown, true);
	CHECK_OK(vs_certs_rotation_finish(house.certs, 0, false, "", VS_CORE_BEHALF("test")));
	serve_again(2, shown, false);
	CHECK(roots_in_file() == 1);
	CHECK(!is_trusted(shown) && is_trusted(vs_daemon_pki_paths(pki)->server_ec));
	CHECK_OK(vs_daemon_pki_serve(pki, house.certs, now_ms, &is_changed));
	CHECK(!is_changed);
	/* Begun and finished before anybody has looked: the file is first all the same. */
	vs_buf_done(&file);
	read_file(vs_daemon_pki_paths(pki)->server_ec, &file);
	CHECK_OK(vs_file_write(shown, vs_buf_view(&file)));
	CHECK_OK(vs_certs_rotation_begin(house.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK_OK(vs_certs_rotation_finish(house.certs, 0, false, "", VS_CORE_BEHALF("test")));
	serve_again(2, shown, true);
	serve_again(2, shown, false);
	CHECK(roots_in_file() == 1 && !is_trusted(shown));
	/* A restart between: what is left of before is taken away by the first round. */
	CHECK_OK(vs_certs_rotation_begin(house.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK_OK(vs_daemon_pki_serve(pki, house.certs, now_ms, &is_changed));
	CHECK_OK(vs_certs_rotation_finish(house.certs, 0, false, "", VS_CORE_BEHALF("test")));
	vs_daemon_pki_free(&pki);
	open_all(now_ms);
	CHECK(roots_in_file() == 2 && is_trusted(vs_daemon_pki_paths(pki)->server_ec));
	serve_again(2, vs_daemon_pki_paths(pki)->server_ec, false);
	CHECK(roots_in_file() == 1);
	CHECK(unlink(shown) == 0);
	vs_buf_done(&file);
	vs_daemon_pki_free(&pki);
	house_end(&house);
}

/* --- an older state, whose keys lay in files ---------------------------------------------------
 */

static void
old_file(const char *name, enum vs_x509_profile profile, const struct vs_x509_cert *above,
         const struct vs_x509_key *above_key, struct vs_x509_cert **cert, struct vs_x509_key **key)
{
	const struct vs_x509_request request = {.profile = profile,
	                                        .common_name = "Voltseal DEV CA",
	                                        .organisation = "Voltseal DEV",
	                                        .not_before_ms = now_ms - 1000,
	                                        .not_after_ms = now_ms + 3000 * DAY,
	                                        .is_development = true};
	char dir[VS_PATH_SIZE], path[VS_PATH_SIZE];
	struct vs_secret *pem = NULL;
	struct vs_buf all;

	vs_buf_init(&all, 65536);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, key));
	CHECK_OK(vs_x509_issue(&request, *key, above, above_key, cert));
	CHECK_OK(vs_x509_key_write(*key, &pem));
	CHECK_OK(vs_buf_append(&all, vs_secret_bytes(pem), vs_secret_size(pem)));
	CHECK_OK(vs_x509_cert_write(*cert, &all));
	CHECK_OK(vs_path_join(house.rig.dir, "pki", dir));
	CHECK_OK(vs_folder_make(dir));
	CHECK_OK(vs_path_join(dir, name, path));
	CHECK_OK(vs_file_write(path, vs_buf_view(&all)));
	vs_secret_free(&pem);
	vs_buf_done(&all);
}

static void
an_older_ca_moves_into_the_vault(void)
{
	struct vs_x509_key *root_key = NULL, *issuing_key = NULL;
	struct vs_x509_cert *root = NULL, *issuing = NULL;
	char path[VS_PATH_SIZE];
	struct vs_buf was, is;

	house_open(&house);
	old_file("root-ca.key.pem", VS_X509_root, NULL, NULL, &root, &root_key);
	old_file("issuing-ca.key.pem", VS_X509_issuing, root, root_key, &issuing, &issuing_key);
	open_all(now_ms);
	CHECK_OK(vs_path_join(house.rig.dir, "pki/root-ca.key.pem", path));
	CHECK(!vs_file_exists(path));
	CHECK_OK(vs_path_join(house.rig.dir, "pki/issuing-ca.key.pem", path));
	CHECK(!vs_file_exists(path));
	/* The stations' certificates of before are still trusted: it is the same CA. */
	vs_buf_init(&was, 65536);
	CHECK_OK(vs_x509_cert_write(issuing, &was));
	read_file(vs_daemon_pki_paths(pki)->station_ca, &is);
	CHECK(vs_bytes_equal(vs_buf_view(&was), vs_buf_view(&is)));
	vs_buf_done(&was);
	vs_buf_done(&is);
	vs_x509_key_free(&root_key);
	vs_x509_key_free(&issuing_key);
	vs_x509_cert_free(&root);
	vs_x509_cert_free(&issuing);
	vs_daemon_pki_free(&pki);
	house_end(&house);
}

static void
damaged_or_strange_keys_are_not_replaced(void)
{
	struct vs_x509_key *root_key = NULL, *other_key = NULL;
	struct vs_x509_cert *root = NULL, *other = NULL;
	char path[VS_PATH_SIZE];

	house_open(&house);
	old_file("root-ca.key.pem", VS_X509_root, NULL, NULL, &root, &root_key);
	/* Its own root, not issued by the other one. */
	old_file("issuing-ca.key.pem", VS_X509_root, NULL, NULL, &other, &other_key);
	CHECK_ERR(vs_daemon_pki_open(house.rig.dir, house.client, &vs_daemon_pki_development, &pki),
	          FORBIDDEN);
	CHECK_OK(vs_path_join(house.rig.dir, "pki/root-ca.key.pem", path));
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("not a key")));
	CHECK_ERR(vs_daemon_pki_open(house.rig.dir, house.client, &vs_daemon_pki_development, &pki),
	          BAD_MESSAGE);
	CHECK(pki == NULL && vs_file_exists(path));
	vs_x509_key_free(&root_key);
	vs_x509_key_free(&other_key);
	vs_x509_cert_free(&root);
	vs_x509_cert_free(&other);
	house_end(&house);
}

int
main(void)
{
	CASE(openssl_agrees);
	CASE(same_ca_after_a_restart);
	CASE(renewed_while_it_runs);
	CASE(the_file_of_roots_leads_and_follows);
	CASE(an_older_ca_moves_into_the_vault);
	CASE(damaged_or_strange_keys_are_not_replaced);
	return 0;
}
