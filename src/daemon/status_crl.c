/* SPDX-License-Identifier: Apache-2.0 */
/* Downloading the revocation lists of other CAs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/metric.h"
#include "crypto/crl_read.h"
#include "daemon/status_inside.h"

#define AGE_MAX_MS   INT64_C(43200000) /* fetched anew at the latest */
#define AGE_LEAST_MS INT64_C(300000)

struct fetch {
	struct vs_daemon_status *status;
	struct vs_daemon_sources *sources; /* as they were when it began */
	size_t index;
};

/* --- what was fetched --------------------------------------------------------------------------
 */

static vs_result
keep_info(const struct vs_crl_info *info, void *arg)
{
	*(struct vs_crl_info *)arg = *info;
	return VS_OK;
}

static vs_result
pass_over(const char *serial_hex, void *arg)
{
	(void)serial_hex; /* the reload reads them */
	(void)arg;
	return VS_OK;
}

static vs_result
read_list(struct vs_bytes file, const char *ca_file, struct vs_crl_info *info, char *reason)
{
	const char *const ca_files[2] = {ca_file, NULL};
	const struct vs_crl_sink sink = {keep_info, pass_over, info};

	return vs_crl_read(file, ca_files, &sink, reason, VS_FETCH_REASON_SIZE);
}

/* Of the file that is there; 0: none that can be used. */
static int64_t
age_of_kept(const char *path, const char *ca_file)
{
	char reason[VS_FETCH_REASON_SIZE];
	struct vs_crl_info info = {.this_update_ms = 0};
	struct vs_buf old;

	vs_buf_init(&old, VS_LIMIT_CRL_SIZE);
	if (vs_file_read(path, &old).code != VS_E_OK ||
	    read_list(vs_buf_view(&old), ca_file, &info, reason).code != VS_E_OK)
		info.this_update_ms = 0;
	vs_buf_done(&old);
	return info.this_update_ms;
}

/* Whoever sits on the way could hand out an old list, well signed, without the newest revocations.
 */
static vs_result
judge(const char *path, const char *ca_file, const struct vs_crl_info *info, int64_t now_ms,
      bool *is_new_out, char *reason)
{
	int64_t kept_ms = age_of_kept(path, ca_file);

	if (info->next_update_ms < now_ms) {
		(void)snprintf(reason, VS_FETCH_REASON_SIZE, "it is past its next update");
		return VS_FAIL(STALE);
	}
	if (info->this_update_ms < kept_ms) {
		(void)snprintf(reason, VS_FETCH_REASON_SIZE,
		               "it is older than the one that is here");
		return VS_FAIL(STALE);
	}
	*is_new_out = info->this_update_ms > kept_ms;
	return VS_OK;
}

static vs_result
download(struct vs_daemon_status *status, const struct vs_daemon_source *source,
         struct vs_buf *list, char *reason)
{
	const struct vs_fetch_request request = {
	    .url = source->crl_url,
	    .is_private_allowed = source->is_private_allowed,
	    .timeout_ms = 3 * VS_STATUS_TIMEOUT_MS,
	    .is_cancelled = &status->is_ending,
	};
	unsigned http = 0;

	VS_TRY(vs_fetch(&request, list, &http, reason));
	if (http == 200)
		return VS_OK;
	(void)snprintf(reason, VS_FETCH_REASON_SIZE, "it is answered with HTTP status %u", http);
	return VS_FAIL(BAD_MESSAGE);
}

static vs_result
take(struct vs_daemon_status *status, const struct vs_daemon_source *source, int64_t *next_ms_out,
     bool *is_new_out, char *reason)
{
	int64_t now_ms = status->options.now_ms(), half_ms;
	struct vs_crl_info info = {.count = 0};
	char path[VS_PATH_SIZE];
	struct vs_buf list;
	vs_result r;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s.crl", status->options.dir,
	                     source->issuer) >= sizeof(path))
		return VS_FAIL(TOO_LONG);
	vs_buf_init(&list, VS_LIMIT_CRL_SIZE);
	r = download(status, source, &list, reason);
	if (r.code == VS_E_OK)
		r = read_list(vs_buf_view(&list), source->ca_file, &info, reason);
	if (r.code == VS_E_OK)
		r = judge(path, source->ca_file, &info, now_ms, is_new_out, reason);
	if (r.code == VS_E_OK && *is_new_out)
		r = vs_file_write(path, vs_buf_view(&list));
	vs_buf_done(&list);
	VS_TRY(r);
	half_ms = (info.next_update_ms - now_ms) / 2;
	half_ms = half_ms < AGE_LEAST_MS ? AGE_LEAST_MS : half_ms;
	*next_ms_out = now_ms + (half_ms < AGE_MAX_MS ? half_ms : AGE_MAX_MS);
	return VS_OK;
}

/* --- jobs --------------------------------------------------------------------------------------
 */

static void
ignore_part(const struct vs_core_reload_part *part, void *arg)
{
	(void)part; /* the reload logs each */
	(void)arg;
}

static void
tell(struct vs_daemon_status *status, const struct vs_daemon_source *source, vs_result r,
     bool had_failed, const char *reason)
{
	char detail[VS_FETCH_REASON_SIZE + 80];

	vs_metric_add(VS_METRIC_crl_fetches_total, 1);
	if (r.code == VS_E_OK && !had_failed)
		return;
	(void)snprintf(detail, sizeof(detail), "%s%s%.200s", source->name,
	               r.code != VS_E_OK ? ": " : "", r.code != VS_E_OK ? reason : "");
	if (r.code == VS_E_OK) {
		vs_status_publish(status, VS_CORE_NOTICE, "crl.fetched", detail);
		return;
	}
	vs_metric_add(VS_METRIC_crl_failures_total, 1);
	VS_LOG(ERROR, "crl.not_fetched", vs_bytes_from_text(source->name),
	       VS_LOG_STR("url", source->crl_url), VS_LOG_STR("reason", reason), VS_LOG_ERR(r));
	if (!had_failed)
		vs_status_publish(status, VS_CORE_CRITICAL, "crl.not_fetched", detail);
}

static vs_result
fetch_run(void *argument)
{
	const struct fetch *fetch = argument;
	struct vs_daemon_status *status = fetch->status;
	const struct vs_daemon_source *source = &fetch->sources->rows[fetch->index];
	struct vs_status_place *place = &status->places[fetch->index];
	int64_t next_ms = status->options.now_ms() + VS_STATUS_RETRY_MS;
	char reason[VS_FETCH_REASON_SIZE] = "";
	bool is_new = false, had_failed = false, is_attached;
	struct vs_port_reload reload;
	vs_result r = take(status, source, &next_ms, &is_new, reason);

	(void)pthread_mutex_lock(&status->lock);
	if (status->sources == fetch->sources) {
		had_failed = place->has_failed;
		place->has_failed = r.code != VS_E_OK;
		place->next_ms = next_ms;
	}
	is_attached = status->is_attached;
	reload = status->reach.reload;
	(void)pthread_mutex_unlock(&status->lock);
	tell(status, source, r, had_failed, reason);
	if (r.code == VS_E_OK && is_new && is_attached)
		r = reload.reload(reload.self, ignore_part, NULL);
	return r;
}

static void
fetch_finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct fetch *fetch = argument;
	struct vs_daemon_status *status = fetch->status;

	(void)loop;
	(void)pthread_mutex_lock(&status->lock);
	if (status->sources == fetch->sources) {
		status->places[fetch->index].is_fetching = false;
		if (result.code == VS_E_TIMEOUT) /* it did not run */
			status->places[fetch->index].next_ms =
			    status->options.now_ms() + VS_STATUS_RETRY_MS;
	}
	(void)pthread_mutex_unlock(&status->lock);
	vs_daemon_sources_unref(&fetch->sources);
	vs_status_done(status);
	free(fetch);
}

static void
fetch_start(struct vs_daemon_status *status, struct vs_daemon_sources *sources, size_t index)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (fetch != NULL) {
		*fetch = (struct fetch){status, vs_daemon_sources_ref(sources), index};
		if (vs_status_submit(status, fetch_run, fetch_finish, fetch).code == VS_E_OK)
			/* cppcheck-suppress memleak ; the job owns it */
			return;
		vs_daemon_sources_unref(&fetch->sources);
		free(fetch);
	}
	(void)pthread_mutex_lock(&status->lock);
	if (status->sources == sources)
		status->places[index].is_fetching = false; /* the next look tries again */
	(void)pthread_mutex_unlock(&status->lock);
}

void
vs_status_lists_fetch(struct vs_daemon_status *status, int64_t now_ms)
{
	struct vs_daemon_sources *sources = vs_status_sources(status);

	for (size_t i = 0; sources != NULL && i < sources->count; i++) {
		struct vs_status_place *place = &status->places[i];
		bool is_due;

		if (sources->rows[i].crl_url[0] == '\0')
			continue;
		(void)pthread_mutex_lock(&status->lock);
		is_due =
		    status->sources == sources && !place->is_fetching && place->next_ms <= now_ms;
		if (is_due)
			place->is_fetching = true;
		(void)pthread_mutex_unlock(&status->lock);
		if (is_due)
			fetch_start(status, sources, i);
	}
	vs_daemon_sources_unref(&sources);
}
