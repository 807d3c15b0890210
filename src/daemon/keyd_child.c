/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/keyd_child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "crypto/digest.h"
#include "daemon/confine.h"
#include "keys/keyd.h"
#include "keys/root_file.h"

struct child {
	const struct vs_daemon_keyd_options *options;
	struct vs_keys_root *root;
	struct vs_keys_vault *vault;
	struct vs_keyd keyd;
	struct vs_daemon_keyd_report report;
};

static vs_result
fail(struct child *child, vs_result r, const char *what, const char *subject)
{
	(void)snprintf(child->report.reason, sizeof(child->report.reason), "%s: %s (%s)", what,
	               subject, vs_err_text(r.code));
	return r;
}

/* --- its first secrets
 * ------------------------------------------------------------------------------ */

static bool
has(const struct child *child, const char *kind, const char *id)
{
	struct vs_secret *secret;

	return vs_keys_vault_get(child->vault, kind, id, 0, &secret, NULL).code == VS_E_OK;
}

static vs_result
put(struct child *child, const char *kind, const char *id, struct vs_secret *secret)
{
	return vs_keys_vault_put(child->vault, kind, id, 1,
	                         vs_bytes_from(vs_secret_bytes(secret), vs_secret_size(secret)));
}

static vs_result
put_new(struct child *child, const char *kind, const char *id, size_t size)
{
	struct vs_secret *secret = NULL;
	vs_result r;

	VS_TRY(vs_secret_new(size, &secret));
	vs_random_bytes(vs_secret_bytes(secret), size);
	r = put(child, kind, id, secret);
	vs_secret_free(&secret);
	return r;
}

/* Older versions kept it in a file of its own. Into the vault first, then the file is wiped; a
 * start that was cut off in between finds both, and they must be the same. */
static vs_result
take_over_pepper(struct child *child, struct vs_secret *old)
{
	struct vs_secret *pepper = NULL;

	if (vs_secret_size(old) != VS_CRYPTO_PEPPER_SIZE)
		return VS_FAIL(CONFIG);
	if (vs_keys_vault_get(child->vault, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, 1, &pepper,
	                      NULL)
	        .code != VS_E_OK)
		return put(child, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, old);
	return vs_secret_size(pepper) == vs_secret_size(old) &&
	               vs_crypto_equal(vs_secret_bytes(pepper), vs_secret_bytes(old),
	                               vs_secret_size(old))
	           ? VS_OK
	           : VS_FAIL(CONFLICT);
}

static vs_result
migrate_pepper(struct child *child)
{
	const char *path = child->options->pepper_file;
	struct vs_secret *old = NULL;
	vs_result r = vs_file_secret_read(path, &old);

	if (r.code != VS_E_OK)
		return fail(child, r, "cannot use (mode 0600, 32 bytes expected)", path);
	r = take_over_pepper(child, old);
	vs_secret_free(&old);
	if (r.code == VS_E_OK)
		r = vs_file_wipe(path);
	if (r.code != VS_E_OK)
		return fail(child, r, "this pepper cannot be moved into the vault", path);
	VS_LOG(INFO, "keyd.pepper_moved", VS_BYTES_LITERAL("keyd"), VS_LOG_STR("file", path));
	return VS_OK;
}

static vs_result
make_pepper(struct child *child)
{
	/* A new pepper beside an old store would lock every station out: say so instead. */
	if (child->options->store_file != NULL && vs_file_exists(child->options->store_file))
		return fail(child, VS_FAIL(CONFIG), "the store is here but its pepper is gone",
		            child->options->store_file);
	return put_new(child, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID, VS_CRYPTO_PEPPER_SIZE);
}

static vs_result
open_pepper(struct child *child)
{
	const char *old = child->options->pepper_file;

	if (old != NULL && vs_file_exists(old))
		return migrate_pepper(child);
	return has(child, VS_KEYD_PEPPER_KIND, VS_KEYD_PEPPER_ID) ? VS_OK : make_pepper(child);
}

/* Before it gives up its rights: the first folder is made here. */
static vs_result
open_audit(struct child *child)
{
	const struct vs_daemon_keyd_options *options = child->options;
	char memory[VS_PATH_SIZE];
	vs_result r;

	if (options->audit_dir == NULL)
		return VS_OK;
	r = vs_path_join(options->dir, "audit.checkpoint", memory);
	if (r.code == VS_E_OK)
		r = vs_keyd_audit_open(&child->keyd,
		                       &(struct vs_keyd_audit_options){
					   .dir = options->audit_dir,
					   .memory = memory,
					   .name = options->audit_name,
					   .node = options->audit_node,
					   .is_fork_accepted = options->is_audit_fork_accepted});
	return r.code == VS_E_OK ? r
	                         : fail(child, r, "cannot open the audit log", options->audit_dir);
}

/* --- the start ------------------------------------------------------------------------------- */

static vs_result
open_keys(struct child *child)
{
	const struct vs_daemon_keyd_options *options = child->options;
	char *reason = child->report.reason;

	(void)snprintf(reason, VS_KEYS_REASON_SIZE, "the key process cannot open its keys in %s",
	               options->dir);
	if (options->is_created && !vs_keys_root_file_exists(options->dir))
		VS_TRY(vs_keys_root_create(options->dir, &options->setup, &options->input, reason));
	VS_TRY(vs_keys_root_open(options->dir, &options->input, reason, &child->root));
	VS_TRY(vs_keys_vault_open(options->dir, child->root, reason, &child->vault));
	if (options->rotate != NULL) {
		VS_TRY(vs_keys_root_rotate(child->root, options->rotate, &options->input, reason));
		VS_TRY(vs_keys_vault_rewrap(child->vault));
	}
	VS_TRY(open_pepper(child));
	VS_TRY(vs_keyd_init(&child->keyd, child->root, child->vault, options->is_production));
	return open_audit(child);
}

/* Where it may still write: its folder, that of the root key's file, for a rotation, and the audit
 * log. */
static vs_result
confine(struct child *child)
{
	char file_folder[VS_PATH_SIZE] = "";
	const char *audit = child->options->audit_dir;
	const struct vs_daemon_confine_folder folders[] = {
	    {child->options->dir, false}, {file_folder, false}, {audit != NULL ? audit : "", true}};
	struct vs_keys_root_file file;
	bool is_effective = false;

	(void)snprintf(child->report.reason, VS_KEYS_REASON_SIZE,
	               "the key process cannot give up its rights");
	VS_TRY(vs_keys_root_file_read(child->options->dir, &file));
	if (vs_keys_provider_row(file.current.provider)->is_automatic &&
	    strchr(file.current.file, '/') != NULL) {
		(void)snprintf(file_folder, sizeof(file_folder), "%s", file.current.file);
		*strrchr(file_folder, '/') = '\0';
	}
	VS_TRY(vs_daemon_confine_files(folders, 3, &is_effective));
	VS_TRY(vs_daemon_confine_calls());
	VS_LOG(
	    INFO, "keyd.ready", VS_BYTES_LITERAL("keyd"),
	    VS_LOG_STR("provider", vs_keys_provider_row(vs_keys_root_provider(child->root))->name),
	    VS_LOG_STR("root", vs_keys_root_id(child->root)),
	    VS_LOG_NUM("secrets", vs_keys_vault_count(child->vault)),
	    VS_LOG_STR("landlock", is_effective ? "on" : "not in this kernel"));
	return VS_OK;
}

static vs_result
start(struct child *child, const int *peers, int report_fd, int parent_pid)
{
	const struct vs_daemon_keyd_options *options = child->options;
	int kept[VS_DAEMON_KEYD_CLIENTS + 2], null;

	VS_TRY(vs_daemon_confine_rights(options->is_core_allowed));
	/* The parent may have ended before the kernel was told to tell us. */
	if (getppid() != parent_pid)
		return VS_FAIL(CLOSED);
	(void)prctl(PR_SET_NAME, "vs-keyd", 0, 0, 0);
	memcpy(kept, peers, VS_DAEMON_KEYD_CLIENTS * sizeof(kept[0]));
	kept[VS_DAEMON_KEYD_CLIENTS] = report_fd;
	kept[VS_DAEMON_KEYD_CLIENTS + 1] = options->input.fd;
	vs_log_leave_journal();
	VS_TRY(vs_daemon_confine_descriptors(kept, VS_DAEMON_KEYD_CLIENTS + 2));
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    (options->input.fd != STDIN_FILENO && dup2(null, STDIN_FILENO) < 0))
		return VS_FAIL(IO);
	(void)close(null);
	VS_TRY(open_keys(child));
	if (options->input.fd >= 0)
		(void)close(options->input.fd);
	for (int i = 0; i < VS_DAEMON_KEYD_CLIENTS; i++)
		VS_TRY(vs_keyd_peer_add(&child->keyd, peers[i], options->sender));
	return confine(child);
}

int
vs_daemon_keyd_child(const struct vs_daemon_keyd_options *options, const int *peers, int report_fd,
                     int parent_pid)
{
	static struct child child;
	vs_result r;

	child.options = options;
	(void)snprintf(child.report.reason, sizeof(child.report.reason),
	               "the key process cannot be started");
	r = start(&child, peers, report_fd, parent_pid);
	child.report.code = r.code;
	if (write(report_fd, &child.report, sizeof(child.report)) != sizeof(child.report))
		r = VS_FAIL(CLOSED);
	(void)close(report_fd);
	if (r.code == VS_E_OK)
		r = vs_keyd_serve(&child.keyd);
	vs_keyd_done(&child.keyd);
	vs_keys_vault_free(&child.vault);
	vs_keys_root_free(&child.root);
	return r.code == VS_E_OK ? EX_OK : EX_SOFTWARE;
}
