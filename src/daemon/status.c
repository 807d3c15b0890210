/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/status.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "daemon/status_inside.h"

#define DEADLINE_MS 60000u

struct vs_daemon_sources *
vs_status_sources(struct vs_daemon_status *status)
{
	struct vs_daemon_sources *sources;

	(void)pthread_mutex_lock(&status->lock);
	sources = vs_daemon_sources_ref(status->sources);
	(void)pthread_mutex_unlock(&status->lock);
	return sources;
}

struct vs_daemon_sources *
vs_status_below(struct vs_daemon_status *status)
{
	struct vs_daemon_sources *below;

	(void)pthread_mutex_lock(&status->lock);
	below = vs_daemon_sources_ref(status->below);
	(void)pthread_mutex_unlock(&status->lock);
	return below;
}

void
vs_status_publish(const struct vs_daemon_status *status, enum vs_core_severity severity,
                  const char *type, const char *detail)
{
	const struct vs_port_events *events = &status->options.events;
	struct vs_core_event event;

	if (events->publish == NULL)
		return;
	vs_core_event_init(&event, VS_EVENT_SECURITY, status->options.now_ms());
	event.severity = severity;
	(void)snprintf(event.tenant, sizeof(event.tenant), "%s", VS_CORE_TENANT_DEFAULT);
	(void)snprintf(event.type, sizeof(event.type), "%s", type);
	vs_text_copy(detail, event.detail, sizeof(event.detail));
	events->publish(events->self, &event);
}

vs_result
vs_status_submit(struct vs_daemon_status *status, vs_result (*run)(void *argument),
                 void (*finish)(struct vs_loop *loop, vs_result result, void *argument),
                 void *argument)
{
	struct vs_daemon_status_reach reach;
	bool is_attached;
	vs_result r;

	(void)pthread_mutex_lock(&status->lock);
	is_attached = status->is_attached;
	reach = status->reach;
	(void)pthread_mutex_unlock(&status->lock);
	if (!is_attached || atomic_load(&status->is_ending))
		return VS_FAIL(CLOSED);
	(void)atomic_fetch_add(&status->job_count, 1);
	r = vs_pool_submit(reach.pool, reach.loop, DEADLINE_MS, run, finish, argument);
	if (r.code != VS_E_OK)
		vs_status_done(status);
	return r;
}

void
vs_status_done(struct vs_daemon_status *status)
{
	(void)atomic_fetch_sub(&status->job_count, 1);
}

/* --- life ------------------------------------------------------------------------------------- */

vs_result
vs_daemon_status_new(const struct vs_daemon_status_options *options,
                     struct vs_daemon_status **status_out)
{
	struct vs_daemon_status *status = calloc(1, sizeof(*status));
	const struct vs_core_statuses_options statuses = {vs_status_want, status};
	vs_result r;

	assert(options != NULL && options->file != NULL && options->dir != NULL &&
	       options->now_ms != NULL && status_out != NULL);
	if (status == NULL)
		return VS_FAIL(NO_MEMORY);
	status->options = *options;
	if (pthread_mutex_init(&status->lock, NULL) != 0) {
		free(status);
		return VS_FAIL(NO_MEMORY);
	}
	r = vs_map_new(VS_LIMIT_STATUS_ANSWERS, &status->answers);
	if (r.code == VS_E_OK)
		r = vs_core_statuses_new(&statuses, &status->statuses);
	if (r.code == VS_E_OK)
		*status_out = status;
	else
		vs_daemon_status_free(&status);
	return r;
}

void
vs_daemon_status_free(struct vs_daemon_status **status)
{
	assert(status != NULL);
	if (*status == NULL)
		return;
	vs_core_statuses_free(&(*status)->statuses);
	vs_status_below_done(*status);
	vs_daemon_sources_unref(&(*status)->sources);
	vs_status_answers_free(&(*status)->answers);
	(void)pthread_mutex_destroy(&(*status)->lock);
	free(*status);
	*status = NULL;
}

vs_result
vs_daemon_status_read(struct vs_daemon_status *status, char *reason, size_t reason_size)
{
	struct vs_daemon_sources *sources = NULL, *old;
	vs_result r;

	if (status->options.file[0] == '\0')
		return VS_OK;
	VS_TRY(vs_daemon_sources_read(status->options.file, reason, reason_size, &sources));
	r = vs_folder_make(status->options.dir);
	if (r.code != VS_E_OK) {
		vs_daemon_sources_unref(&sources);
		return r;
	}
	(void)pthread_mutex_lock(&status->lock);
	old = status->sources;
	status->sources = sources;
	r = vs_status_below_make(status);
	if (r.code == VS_E_OK)
		memset(status->places, 0, sizeof(status->places));
	else
		status->sources = old;
	(void)pthread_mutex_unlock(&status->lock);
	vs_daemon_sources_unref(r.code == VS_E_OK ? &old : &sources);
	VS_TRY(r);
	vs_status_lists_fetch(status, status->options.now_ms());
	return VS_OK;
}

void
vs_daemon_status_attach(struct vs_daemon_status *status, const struct vs_daemon_status_reach *reach)
{
	(void)pthread_mutex_lock(&status->lock);
	status->reach = *reach;
	status->is_attached = true;
	(void)pthread_mutex_unlock(&status->lock);
	vs_status_lists_fetch(status, status->options.now_ms());
}

void
vs_daemon_status_detach(struct vs_daemon_status *status)
{
	(void)pthread_mutex_lock(&status->lock);
	status->is_attached = false;
	(void)pthread_mutex_unlock(&status->lock);
}

void
vs_daemon_status_end(struct vs_daemon_status *status)
{
	atomic_store(&status->is_ending, true);
}

bool
vs_daemon_status_is_idle(struct vs_daemon_status *status)
{
	return atomic_load(&status->job_count) == 0;
}

void
vs_daemon_status_look(struct vs_daemon_status *status, int64_t now_ms)
{
	struct vs_daemon_status_reach reach;
	bool is_attached;

	vs_status_lists_fetch(status, now_ms);
	(void)pthread_mutex_lock(&status->lock);
	is_attached = status->is_attached;
	reach = status->reach;
	(void)pthread_mutex_unlock(&status->lock);
	/* Sessions that live ask for what they still need, which is fetched then. */
	if (is_attached && vs_core_statuses_are_due(status->statuses, now_ms))
		reach.revoked(reach.arg);
}

struct vs_core_statuses *
vs_daemon_status_statuses(struct vs_daemon_status *status)
{
	return status->statuses;
}

bool
vs_daemon_status_lister(struct vs_daemon_status *status, const struct vs_x509_ocsp_id *id,
                        char issuer_out[static VS_CORE_HASH_TEXT_SIZE])
{
	struct vs_daemon_sources *sources = vs_status_sources(status);
	bool is_found = false;

	for (size_t i = 0; sources != NULL && i < sources->count && !is_found; i++) {
		const struct vs_daemon_source *row = &sources->rows[i];

		is_found = row->crl_url[0] != '\0' && vs_x509_ocsp_id_is_of(id, row->ca);
		if (is_found)
			memcpy(issuer_out, row->issuer, VS_CORE_HASH_TEXT_SIZE);
	}
	vs_daemon_sources_unref(&sources);
	return is_found;
}

bool
vs_daemon_status_list(struct vs_daemon_status *status, size_t index,
                      struct vs_daemon_status_list *list_out)
{
	struct vs_daemon_sources *sources = vs_status_sources(status);
	size_t count = sources != NULL ? sources->count : 0, seen = 0;
	bool is_found = false;

	for (size_t i = 0; i < count && !is_found; i++) {
		const struct vs_daemon_source *row = &sources->rows[i];
		int size;

		if (row->crl_url[0] == '\0' || seen++ < index)
			continue;
		memcpy(list_out->ca_file, row->ca_file, sizeof(list_out->ca_file));
		memcpy(list_out->issuer, row->issuer, sizeof(list_out->issuer));
		size = snprintf(list_out->path, sizeof(list_out->path), "%s/%s.crl",
		                status->options.dir, row->issuer);
		is_found = size > 0 && (size_t)size < sizeof(list_out->path);
	}
	vs_daemon_sources_unref(&sources);
	return is_found;
}
