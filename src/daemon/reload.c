/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/reload.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/text.h"
#include "crypto/tls_check.h"
#include "daemon/crl_file.h"
#include "daemon/trust_file.h"

#define REASON_SIZE 320
#define FILES_MAX   6
#define CONFIG_PART "config"

enum { FILES_MAX_OF_PART = VS_LIMIT_REVOCATION_FEEDS + VS_LIMIT_STATUS_SOURCES };

/* Which file this was when it was read: a rename, a write or a chmod makes it another. */
struct mark {
	dev_t device;
	ino_t inode;
	off_t size;
	mode_t mode;
	struct timespec changed;
};

/* In this order: the status file says which lists there are. */
enum part { PART_OCPP, PART_API, PART_STATUS, PART_CRL, PART_TRUST, PARTS };
static const char *const part_names[PARTS] = {"ocpp", "api", "status", "crl", "trust"};

struct vs_daemon_reload {
	struct vs_daemon_reload_options options;
	pthread_mutex_t lock; /* one reload at a time */
	struct vs_tls_server *servers[2];
	struct mark marks[PARTS][FILES_MAX_OF_PART];
	char (*crls)[VS_PATH_SIZE];
	size_t crl_count;
	struct vs_daemon_status_list lists[VS_LIMIT_STATUS_SOURCES]; /* that are downloaded */
	size_t list_count;
	atomic_size_t stale; /* as last seen */
};

/* --- has a file changed? ---------------------------------------------------------------------- */

static size_t
files_of(const struct vs_daemon_reload *reload, enum part part,
         const char *files[static FILES_MAX_OF_PART])
{
	const struct vs_daemon_reload_options *options = &reload->options;
	const struct vs_tls_server_options *tls =
	    part == PART_API ? &options->api_tls : &options->ocpp_tls;
	const char *const of_tls[FILES_MAX] = {
	    tls->cert_files[0], tls->cert_files[1],  tls->key_files[0],
	    tls->key_files[1],  tls->client_ca_file, tls->client_ca_file_extra,
	};
	size_t count = 0;

	switch (part) {
	case PART_OCPP:
	case PART_API:
		for (size_t i = 0; i < FILES_MAX; i++)
			if (of_tls[i] != NULL)
				files[count++] = of_tls[i];
		break;
	case PART_CRL:
		for (; count < reload->crl_count; count++)
			files[count] = reload->crls[count];
		for (size_t i = 0; i < reload->list_count; i++)
			files[count++] = reload->lists[i].path;
		break;
	case PART_STATUS:
		if (options->status_file[0] != '\0')
			files[count++] = options->status_file;
		break;
	case PART_TRUST:
		if (options->trust_file[0] != '\0')
			files[count++] = options->trust_file;
		break;
	case PARTS:
		break;
	}
	return count;
}

static void
mark_files(const struct vs_daemon_reload *reload, enum part part,
           struct mark marks_out[static FILES_MAX_OF_PART])
{
	const char *files[FILES_MAX_OF_PART];
	size_t count = files_of(reload, part, files);

	memset(marks_out, 0, FILES_MAX_OF_PART * sizeof(*marks_out));
	for (size_t i = 0; i < count; i++) {
		struct stat status;

		if (stat(files[i], &status) == 0)
			marks_out[i] = (struct mark){status.st_dev, status.st_ino, status.st_size,
			                             status.st_mode, status.st_ctim};
	}
}

static bool
is_same(const struct mark *a, const struct mark *b)
{
	for (size_t i = 0; i < FILES_MAX_OF_PART; i++)
		if (a[i].device != b[i].device || a[i].inode != b[i].inode ||
		    a[i].size != b[i].size || a[i].mode != b[i].mode ||
		    a[i].changed.tv_sec != b[i].changed.tv_sec ||
		    a[i].changed.tv_nsec != b[i].changed.tv_nsec)
			return false;
	return true;
}

/* --- TLS contexts ----------------------------------------------------------------------------- */

static vs_result
take_tls(struct vs_daemon_reload *reload, enum part part, char *reason)
{
	const struct vs_daemon_reload_options *options = &reload->options;
	const struct vs_tls_server_options *tls =
	    part == PART_API ? &options->api_tls : &options->ocpp_tls;
	const struct vs_tls_check check = {.ca_file = options->ca_file,
	                                   .now_ms = vs_clock_wall_ms()};
	struct vs_tls_server *made = NULL, *old;
	size_t count = 0;
	vs_result r = vs_tls_server_new(tls, reason, REASON_SIZE, &made);

	if (r.code == VS_E_OK)
		r = vs_tls_server_check(made, tls, &check, reason, REASON_SIZE);
	/* The anchors first: what the old context still lets in from a CA that has gone is refused
	 * after the handshake. */
	if (r.code == VS_E_OK && part == PART_OCPP) {
		const uint8_t *anchors = vs_tls_server_anchors(made, &count);

		r = vs_core_trusts_set_anchors(options->trusts, anchors, count);
	}
	if (r.code != VS_E_OK) {
		vs_tls_server_unref(&made);
		return r;
	}
	if (options->swap != NULL)
		options->swap(options->arg, part_names[part], made);
	old = reload->servers[part];
	reload->servers[part] = made;
	vs_tls_server_unref(&old);
	return VS_OK;
}

/* --- CRLs ------------------------------------------------------------------------------------- */

/* Those of the configuration, then those that are downloaded. */
static vs_result
take_crls(struct vs_daemon_reload *reload, char *reason)
{
	const struct vs_tls_server_options *tls = &reload->options.ocpp_tls;
	struct vs_daemon_crl rows[VS_LIMIT_REVOCATION_FEEDS + VS_LIMIT_STATUS_SOURCES];
	size_t count = 0;

	for (; count < reload->crl_count; count++)
		rows[count] = (struct vs_daemon_crl){
		    .path = reload->crls[count],
		    .ca_files = {tls->client_ca_file, tls->client_ca_file_extra}};
	for (size_t i = 0; i < reload->list_count; i++)
		rows[count++] = (struct vs_daemon_crl){.path = reload->lists[i].path,
		                                       .ca_files = {reload->lists[i].ca_file},
		                                       .issuer = reload->lists[i].issuer};
	return vs_daemon_crls_read(rows, count, reload->options.revocations, reason, REASON_SIZE);
}

static void
find_lists(struct vs_daemon_reload *reload)
{
	reload->list_count = 0;
	while (reload->options.status != NULL && reload->list_count < VS_LIMIT_STATUS_SOURCES &&
	       vs_daemon_status_list(reload->options.status, reload->list_count,
	                             &reload->lists[reload->list_count]))
		reload->list_count++;
}

static vs_result
take_status(struct vs_daemon_reload *reload, char *reason)
{
	if (reload->options.status == NULL)
		return VS_OK;
	VS_TRY(vs_daemon_status_read(reload->options.status, reason, REASON_SIZE));
	find_lists(reload);
	/* Whatever its files are, the set of lists is another one. */
	memset(reload->marks[PART_CRL], 0xff, sizeof(reload->marks[PART_CRL]));
	return VS_OK;
}

/* --- a part ----------------------------------------------------------------------------------- */

static vs_result
take(struct vs_daemon_reload *reload, enum part part, char *reason)
{
	const struct vs_daemon_reload_options *options = &reload->options;

	switch (part) {
	case PART_OCPP:
	case PART_API:
		return take_tls(reload, part, reason);
	case PART_STATUS:
		return take_status(reload, reason);
	case PART_CRL:
		return take_crls(reload, reason);
	case PART_TRUST:
		return options->trust_file[0] == '\0'
		           ? VS_OK
		           : vs_daemon_trust_read(options->trust_file, options->trusts, reason,
		                                  REASON_SIZE);
	case PARTS:
		break;
	}
	return VS_OK;
}

static void
publish(const struct vs_daemon_reload *reload, enum vs_core_severity severity, const char *type,
        const char *detail)
{
	const struct vs_port_events *events = &reload->options.events;
	struct vs_core_event event;

	vs_core_event_init(&event, VS_EVENT_SECURITY, vs_clock_wall_ms());
	event.severity = severity;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	vs_text_copy(detail, event.detail, sizeof(event.detail));
	events->publish(events->self, &event);
}

static void
tell(const struct vs_daemon_reload *reload, const struct vs_core_reload_part *part)
{
	char detail[REASON_SIZE + 16];
	bool is_kept = part->state == VS_CORE_RELOAD_KEPT;
	bool is_config = strcmp(part->name, CONFIG_PART) == 0;

	if (part->state == VS_CORE_RELOAD_SAME)
		return;
	vs_metric_add(
	    is_kept ? VS_METRIC_reload_parts_kept_total : VS_METRIC_reload_parts_taken_total, 1);
	(void)snprintf(detail, sizeof(detail), "%s%s%s", part->name,
	               part->reason[0] != '\0' ? ": " : "", part->reason);
	if (is_kept) {
		VS_LOG(ERROR, "reload.kept", vs_bytes_from_text(part->name),
		       VS_LOG_STR("reason", part->reason));
		publish(reload, VS_CORE_CRITICAL, is_config ? "config.kept" : "certificates.kept",
		        detail);
	} else {
		VS_LOG(INFO, "reload.taken", vs_bytes_from_text(part->name),
		       VS_LOG_STR("reason", part->reason));
		publish(reload, VS_CORE_NOTICE, is_config ? "config.taken" : "certificates.taken",
		        detail);
	}
}

/* OK also when there is nothing to read. */
static vs_result
configure(struct vs_daemon_reload *reload, void (*told)(const struct vs_core_reload_part *, void *),
          void *arg)
{
	struct vs_core_reload_part part = {CONFIG_PART, VS_CORE_RELOAD_SAME, ""};
	char reason[REASON_SIZE] = "";
	bool is_changed = false;
	vs_result r;

	if (reload->options.configure == NULL)
		return VS_OK;
	r = reload->options.configure(reload->options.configure_arg, &is_changed, reason,
	                              sizeof(reason));
	part.reason = reason;
	if (r.code != VS_E_OK) {
		part.state = VS_CORE_RELOAD_KEPT;
	} else if (is_changed) {
		part.state = VS_CORE_RELOAD_TAKEN;
	}
	tell(reload, &part);
	if (told != NULL)
		told(&part, arg);
	return r;
}

vs_result
vs_daemon_reload_run(void *self, void (*told)(const struct vs_core_reload_part *, void *),
                     void *arg)
{
	struct vs_daemon_reload *reload = self;
	bool is_changed = false, is_kept;

	assert(reload != NULL);
	(void)pthread_mutex_lock(&reload->lock);
	is_kept = configure(reload, told, arg).code != VS_E_OK;
	for (int i = 0; i < PARTS; i++) {
		struct vs_core_reload_part part = {part_names[i], VS_CORE_RELOAD_SAME, ""};
		struct mark now[FILES_MAX_OF_PART];
		char reason[REASON_SIZE] = "";

		/* Before they are read: what is written meanwhile is seen the next time. */
		mark_files(reload, (enum part)i, now);
		if (!is_same(now, reload->marks[i])) {
			bool is_taken = take(reload, (enum part)i, reason).code == VS_E_OK;

			part.state = is_taken ? VS_CORE_RELOAD_TAKEN : VS_CORE_RELOAD_KEPT;
			part.reason = reason;
			is_changed |= is_taken;
			is_kept |= !is_taken;
			if (is_taken)
				memcpy(reload->marks[i], now, sizeof(now));
		}
		tell(reload, &part);
		if (told != NULL)
			told(&part, arg);
	}
	if (is_changed && reload->options.changed != NULL)
		reload->options.changed(reload->options.arg);
	(void)pthread_mutex_unlock(&reload->lock);
	vs_daemon_reload_look(reload, vs_clock_wall_ms());
	return is_kept ? VS_FAIL(CONFIG) : VS_OK;
}

void
vs_daemon_reload_look(struct vs_daemon_reload *reload, int64_t now_ms)
{
	char name[64] = "";
	size_t stale = vs_core_revocations_stale(reload->options.revocations, now_ms, name);
	size_t before = atomic_exchange(&reload->stale, stale);
	char detail[128];

	vs_metric_add(VS_METRIC_crls_stale, (int64_t)stale - (int64_t)before);
	if (stale == 0 || before > 0)
		return;
	(void)snprintf(detail, sizeof(detail), "%zu, the first is %s", stale, name);
	VS_LOG(ERROR, "crl.stale", vs_bytes_from_text(name), VS_LOG_NUM("count", stale));
	publish(reload, VS_CORE_CRITICAL, "crl.stale", detail);
}

/* --- life ------------------------------------------------------------------------------------- */

static vs_result
split_paths(struct vs_daemon_reload *reload, const char *list, char *reason, size_t reason_size)
{
	reload->crls = calloc(VS_LIMIT_REVOCATION_FEEDS, sizeof(*reload->crls));
	if (reload->crls == NULL)
		return VS_FAIL(NO_MEMORY);
	while (list[0] != '\0') {
		size_t size = strcspn(list, ",");

		if (size == 0 || size >= VS_PATH_SIZE ||
		    reload->crl_count == VS_LIMIT_REVOCATION_FEEDS) {
			(void)snprintf(reason, reason_size,
			               "the list of CRL files is wrong or has too many");
			return VS_FAIL(CONFIG);
		}
		memcpy(reload->crls[reload->crl_count++], list, size);
		list += size + (list[size] == ',');
	}
	return VS_OK;
}

vs_result
vs_daemon_reload_new(const struct vs_daemon_reload_options *options, char *reason,
                     size_t reason_size, struct vs_daemon_reload **reload_out)
{
	struct vs_daemon_reload *reload;
	char why[REASON_SIZE] = "";
	vs_result r;

	assert(options != NULL && options->revocations != NULL && options->trusts != NULL);
	reload = calloc(1, sizeof(*reload));
	if (reload == NULL)
		return VS_FAIL(NO_MEMORY);
	reload->options = *options;
	reload->options.swap = NULL;
	reload->options.changed = NULL;
	if (pthread_mutex_init(&reload->lock, NULL) != 0) {
		free(reload);
		return VS_FAIL(NO_MEMORY);
	}
	r = split_paths(reload, options->crl_files, reason, reason_size);
	for (int i = 0; i < PARTS && r.code == VS_E_OK; i++) {
		mark_files(reload, (enum part)i, reload->marks[i]);
		r = take(reload, (enum part)i, why);
		if (r.code != VS_E_OK)
			(void)snprintf(reason, reason_size, "%s", why);
	}
	if (r.code != VS_E_OK) {
		vs_daemon_reload_free(&reload);
		return r;
	}
	reload->options.swap = options->swap;
	reload->options.changed = options->changed;
	vs_daemon_reload_look(reload, vs_clock_wall_ms());
	*reload_out = reload;
	return VS_OK;
}

void
vs_daemon_reload_free(struct vs_daemon_reload **reload)
{
	if (*reload == NULL)
		return;
	vs_tls_server_unref(&(*reload)->servers[PART_OCPP]);
	vs_tls_server_unref(&(*reload)->servers[PART_API]);
	free((*reload)->crls);
	(void)pthread_mutex_destroy(&(*reload)->lock);
	free(*reload);
	*reload = NULL;
}

struct vs_tls_server *
vs_daemon_reload_ocpp(const struct vs_daemon_reload *reload)
{
	return reload->servers[PART_OCPP];
}

struct vs_tls_server *
vs_daemon_reload_api(const struct vs_daemon_reload *reload)
{
	return reload->servers[PART_API];
}
