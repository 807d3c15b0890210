/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/pki.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/x509.h"
#include "test.h"

#define NOW ((int64_t)1795000000000)
#define DAY ((int64_t)86400000)

static char dir[] = "/tmp/vs-pki-XXXXXX";

static void
read_file(const char *path, struct vs_buf *buf)
{
	vs_buf_init(buf, 65536);
	CHECK_OK(vs_file_read(path, buf));
}

static void
same_ca_after_a_restart(void)
{
	struct vs_daemon_pki *pki = NULL;
	struct vs_buf first, second, server, renewed;

	CHECK_OK(vs_daemon_pki_open(dir, NOW, &pki));
	read_file(vs_daemon_pki_paths(pki)->ca, &first);
	read_file(vs_daemon_pki_paths(pki)->server_ec, &server);
	vs_daemon_pki_free(&pki);
	CHECK_OK(vs_daemon_pki_open(dir, NOW + DAY, &pki));
	read_file(vs_daemon_pki_paths(pki)->ca, &second);
	CHECK(vs_bytes_equal(vs_buf_view(&first), vs_buf_view(&second)));
	vs_daemon_pki_free(&pki);
	/* 24 days later the server's certificate (30 days) is renewed, the CA is not. */
	CHECK_OK(vs_daemon_pki_open(dir, NOW + 24 * DAY, &pki));
	read_file(vs_daemon_pki_paths(pki)->server_ec, &renewed);
	CHECK(!vs_bytes_equal(vs_buf_view(&server), vs_buf_view(&renewed)));
	vs_daemon_pki_free(&pki);
	vs_buf_done(&first);
	vs_buf_done(&second);
	vs_buf_done(&server);
	vs_buf_done(&renewed);
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
	struct vs_daemon_pki *pki = NULL;
	char path[VS_PATH_SIZE], command[4 * VS_PATH_SIZE];

	CHECK_OK(vs_daemon_pki_open(dir, NOW, &pki));
	CHECK_OK(vs_path_join(dir, "CS-9.pem", path));
	CHECK_OK(vs_daemon_pki_station_issue(pki, "CS-9", NOW, path));
	(void)snprintf(command, sizeof(command),
	               "openssl verify -attime 1795000000 -x509_strict -partial_chain -CAfile '%s' "
	               "'%s' >/dev/null",
	               vs_daemon_pki_paths(pki)->station_ca, path);
	CHECK(succeeds(command));
	(void)snprintf(command, sizeof(command),
	               "openssl x509 -in '%s' -noout -subject -nameopt RFC2253 | grep -q "
	               "'CN=CS-9,O=Voltseal DEV'",
	               path);
	CHECK(succeeds(command));
	(void)snprintf(command, sizeof(command),
	               "openssl x509 -in '%s' -noout -ext extendedKeyUsage 2>&1 | grep -q 'No ext'",
	               path);
	CHECK(succeeds(command)); /* OCPP 2.0.1 A00.FR.514 */
	(void)snprintf(command, sizeof(command),
	               "openssl verify -attime 1795000000 -x509_strict -purpose sslserver "
	               "-verify_ip 127.0.0.1 -CAfile '%s' "
	               "-untrusted '%s' '%s' >/dev/null",
	               vs_daemon_pki_paths(pki)->ca, vs_daemon_pki_paths(pki)->server_rsa,
	               vs_daemon_pki_paths(pki)->server_rsa);
	CHECK(succeeds(command));
	vs_daemon_pki_free(&pki);
}

static void
a_damaged_key_is_not_replaced(void)
{
	struct vs_daemon_pki *pki = NULL;
	char path[VS_PATH_SIZE];

	CHECK_OK(vs_path_join(dir, "pki/root-ca.key.pem", path));
	CHECK_OK(vs_file_write(path, VS_BYTES_LITERAL("not a key")));
	CHECK_ERR(vs_daemon_pki_open(dir, NOW, &pki), BAD_MESSAGE);
	CHECK(pki == NULL);
}

int
main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	CASE(openssl_agrees);
	CASE(same_ca_after_a_restart);
	CASE(a_damaged_key_is_not_replaced);
	return 0;
}
