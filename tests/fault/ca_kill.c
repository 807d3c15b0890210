/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill -9 at every write of a change of the root CA: the key process's vault, the keystore, and the
 * files that clients and listeners read. Whatever reaches a file is counted, SQLite's and ours, and
 * the process is killed at the n-th, for every n until the work gets through. After each the folder
 * is opened anew: the CA and its rows say the same, the audit records tell what the rows say,
 * certificates are issued, what is shown is trusted, and the work goes on to its end.
 */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

#include "../unit/keys/certs_house.h"
#include "count_writes.h"
#include "crypto/x509_csr.h"
#include "daemon/pki.h"

/* --- our own writes (the linker gives these names) -------------------------------------------- */

ssize_t __real_write(int fd, const void *data, size_t size);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);

ssize_t
__wrap_write(int fd, const void *data, size_t size)
{
	if (writes_left == 1 && __real_write(fd, data, size / 2) < 0)
		_exit(1); /* torn in two, and not even that */
	count_write();
	return __real_write(fd, data, size);
}

/* A killed process loses nothing that it has written: the disk need not be waited for. */
int
__wrap_fsync(int fd)
{
	(void)fd;
	count_write();
	return 0;
}

int
__wrap_rename(const char *from, const char *to)
{
	count_write();
	return __real_rename(from, to);
}

int
__wrap_unlink(const char *path)
{
	count_write();
	return __real_unlink(path);
}

/* --- the folder, before and after --------------------------------------------------------------
 */

static char base[VS_PATH_SIZE], work_dir[VS_PATH_SIZE];

static void
run(char *command)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, command, NULL};
	pid_t pid;
	int status;

	CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) == 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
copy_folder(const char *from, const char *to)
{
	char command[3 * VS_PATH_SIZE + 64];

	(void)snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
	run(command);
}

static void
verify(const char *roots, const char *server)
{
	char command[4 * VS_PATH_SIZE];

	(void)snprintf(command, sizeof(command),
	               "openssl verify -CAfile '%s' -untrusted '%s' '%s' >/dev/null", roots, server,
	               server);
	run(command);
}

static int64_t
count_of(const char *sql)
{
	char path[VS_PATH_SIZE];
	sqlite3_stmt *statement = NULL;
	sqlite3 *sqlite = NULL;
	int64_t number;

	CHECK_OK(vs_path_join(work_dir, "keystore.db", path));
	CHECK(sqlite3_open(path, &sqlite) == SQLITE_OK);
	CHECK(sqlite3_busy_timeout(sqlite, 5000) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) == SQLITE_OK);
	CHECK(sqlite3_step(statement) == SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	CHECK(sqlite3_finalize(statement) == SQLITE_OK && sqlite3_close(sqlite) == SQLITE_OK);
	return number;
}

/* NONE when there was no rotation. */
#define NONE VS_CERT_ROTATION_STATES

static enum vs_cert_rotation_state
state_of(struct house *h)
{
	struct vs_certs_rotation rotation;
	vs_result r = vs_certs_rotation_status(h->certs, &rotation);

	if (r.code == VS_E_NOT_FOUND)
		return NONE;
	CHECK_OK(r);
	CHECK(rotation.row.from == 1 && rotation.row.to == 2);
	return rotation.row.state;
}

static void
issues(struct house *h)
{
	struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_station, .common_name = "CS-1"},
	    .tenant = "default",
	    .station = "CS-1",
	    .behalf = &tester};
	char reason[VS_CERTS_REASON_SIZE] = "";
	static struct vs_cert_row row;
	struct vs_x509_key *key = NULL;
	struct vs_buf csr;

	vs_buf_init(&csr, 65536);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, "CS-1", NULL, &csr));
	request.certify.csr = vs_buf_view(&csr);
	CHECK_OK(vs_certs_issue(h->certs, &request, &row, reason));
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
}

/* The generations and the row of the rotation say the same, and each step has its audit record. */
static void
is_legal(struct house *h)
{
	enum vs_cert_rotation_state state = state_of(h);
	struct vs_keys_ca_view view;

	vs_certs_view(h->certs, &view);
	if (state == VS_CERT_ROTATION_WAITING)
		CHECK(view.current == 1 && view.next == 2);
	else if (state == VS_CERT_ROTATION_FINISHED || state == VS_CERT_ROTATION_FORCED)
		CHECK(view.current == 2 && view.next == 0);
	else if (state == VS_CERT_ROTATION_ABORTED)
		CHECK(view.current == 1 && view.next == 0);
	else /* begun and not written down: both are trusted, and the next begin takes it up */
		CHECK(view.current == 1 && (view.next == 0 || view.next == 2));
	CHECK(count_of("SELECT (SELECT count(*) FROM audit WHERE event = 'root.begin') -"
	               " (SELECT count(*) FROM rotation)") == 0);
	CHECK(count_of("SELECT (SELECT count(*) FROM audit WHERE event IN ('root.finish',"
	               " 'root.force', 'root.abort')) - (SELECT count(*) FROM rotation WHERE"
	               " state <> 'waiting')") == 0);
	CHECK(count_of("SELECT (SELECT count(*) FROM audit WHERE event = 'root.confirm') -"
	               " (SELECT count(*) FROM confirmation)") == 0);
	issues(h);
}

/* --- the works ---------------------------------------------------------------------------------
 */

static void
begin(struct house *h)
{
	struct vs_certs_rotation rotation;

	CHECK_OK(vs_certs_rotation_begin(h->certs, VS_CORE_BEHALF("test"), &rotation));
}

static void
rotate(struct house *h)
{
	begin(h);
	CHECK_OK(vs_certs_rotation_confirm(h->certs, "default", "CS-1", VS_CORE_BEHALF("test")));
	CHECK_OK(vs_certs_rotation_finish(h->certs, 0, false, "", VS_CORE_BEHALF("test")));
}

static void
rotated(struct house *h)
{
	enum vs_cert_rotation_state state = state_of(h);

	if (state == NONE)
		begin(h);
	if (state == NONE || state == VS_CERT_ROTATION_WAITING) {
		CHECK_OK(
		    vs_certs_rotation_confirm(h->certs, "default", "CS-1", VS_CORE_BEHALF("test")));
		CHECK_OK(vs_certs_rotation_finish(h->certs, 0, false, "", VS_CORE_BEHALF("test")));
	}
	CHECK(state_of(h) == VS_CERT_ROTATION_FINISHED);
}

static void
give_up(struct house *h)
{
	begin(h);
	CHECK_OK(vs_certs_rotation_abort(h->certs, VS_CORE_BEHALF("test")));
}

/* And then it can be begun again. */
static void
given_up(struct house *h)
{
	enum vs_cert_rotation_state state = state_of(h);

	if (state == NONE)
		begin(h);
	if (state == NONE || state == VS_CERT_ROTATION_WAITING)
		CHECK_OK(vs_certs_rotation_abort(h->certs, VS_CORE_BEHALF("test")));
	CHECK(state_of(h) == VS_CERT_ROTATION_ABORTED);
	is_legal(h);
	rotate(h);
	CHECK(state_of(h) == VS_CERT_ROTATION_FINISHED);
}

/* --- the files that others read ------------------------------------------------------------------
 */

static struct vs_daemon_pki *
pki_of(struct house *h)
{
	struct vs_daemon_pki *pki = NULL;

	CHECK_OK(vs_daemon_pki_open(h->rig.dir, h->client, NULL, &pki));
	return pki;
}

static void
serve_all(struct house *h)
{
	struct vs_daemon_pki *pki = pki_of(h);
	bool is_changed, is_again = false;

	CHECK_OK(vs_daemon_pki_serve(pki, h->certs, now_ms, &is_changed));
	CHECK_OK(vs_daemon_pki_settle(pki, &is_again));
	CHECK(!is_again);
	vs_daemon_pki_free(&pki);
}

/* Whoever reads the file of roots now trusts what a listener shows when it starts now. */
static void
served(struct house *h)
{
	struct vs_daemon_pki *pki = pki_of(h);
	const struct vs_daemon_pki_paths *paths = vs_daemon_pki_paths(pki);
	verify(paths->ca, paths->server_ec);
	verify(paths->ca, paths->server_rsa);
	vs_daemon_pki_free(&pki);
	serve_all(h);
}

/* --- the loop ----------------------------------------------------------------------------------
 */

static bool
run_and_kill_at(void (*work)(struct house *), unsigned kill_at)
{
	pid_t child = fork();
	static struct house h;
	int status = 0;

	CHECK(child >= 0);
	if (child == 0) {
		house_open_at(&h, work_dir);
		writes_left = kill_at;
		work(&h);
		writes_left = 0;
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static void
at_every_write(const char *name, void (*work)(struct house *), void (*after)(struct house *))
{
	static struct house h;
	bool was_killed = true;
	unsigned n = 0;

	while (was_killed) {
		CHECK(++n < 10000);
		copy_folder(base, work_dir);
		was_killed = run_and_kill_at(work, n);
		house_open_at(&h, work_dir);
		is_legal(&h);
		after(&h);
		is_legal(&h);
		house_end(&h);
	}
	(void)fprintf(stderr, "  %s: killed at each of %u writes\n", name, n - 1);
	CHECK(n > 10);
}

/* A CA, its first certificates, and nothing that waits. */
static void
prepare(void)
{
	static struct house h;
	struct vs_daemon_pki *pki = NULL;
	bool is_changed;

	house_open(&h);
	CHECK_OK(vs_daemon_pki_open(h.rig.dir, h.client, &vs_daemon_pki_development, &pki));
	CHECK_OK(make_service(&h));
	CHECK_OK(vs_daemon_pki_serve(pki, h.certs, now_ms, &is_changed));
	vs_daemon_pki_free(&pki);
	CHECK_OK(h.keystore.checkpoint(h.keystore.self));
	house_end(&h);
	(void)snprintf(base, sizeof(base), "%s", h.rig.dir);
	(void)snprintf(work_dir, sizeof(work_dir), "%.*s.work", VS_PATH_SIZE - 8, h.rig.dir);
}

/* The root has changed, what others read has not followed yet. */
static void
prepare_files(void)
{
	static struct house h;

	house_open_at(&h, base);
	rotate(&h);
	CHECK_OK(h.keystore.checkpoint(h.keystore.self));
	house_end(&h);
}

int
main(void)
{
	char command[3 * VS_PATH_SIZE + 64];

	count_writes_of_sqlite();
	prepare();
	at_every_write("a change of the root", rotate, rotated);
	at_every_write("one that is given up", give_up, given_up);
	prepare_files();
	at_every_write("the files that follow it", serve_all, served);
	(void)snprintf(command, sizeof(command), "rm -rf '%s' '%s'", base, work_dir);
	run(command);
	return 0;
}
