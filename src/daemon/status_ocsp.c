/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the responders of other CAs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/metric.h"
#include "daemon/status_inside.h"
#include "wire/base64.h"

#define TYPE "application/ocsp-request"

static const struct vs_daemon_source *
find_issuer(const struct vs_daemon_sources *sources, const char *issuer)
{
	for (size_t i = 0; sources != NULL && i < sources->count; i++) {
		if (sources->rows[i].ocsp_url[0] != '\0' &&
		    strcmp(sources->rows[i].issuer, issuer) == 0)
			return &sources->rows[i];
	}
	return NULL;
}

static const struct vs_daemon_source *
find_id(const struct vs_daemon_sources *sources, const struct vs_x509_ocsp_id *id)
{
	for (size_t i = 0; sources != NULL && i < sources->count; i++) {
		if (sources->rows[i].ocsp_url[0] != '\0' &&
		    vs_x509_ocsp_id_is_of(id, sources->rows[i].ca))
			return &sources->rows[i];
	}
	return NULL;
}

static vs_result
exchange(struct vs_daemon_status *status, const struct vs_daemon_source *source,
         struct vs_bytes question, struct vs_buf *answer, char reason[static VS_FETCH_REASON_SIZE])
{
	const struct vs_fetch_request request = {
	    .url = source->ocsp_url,
	    .content_type = TYPE,
	    .body = question,
	    .is_private_allowed = source->is_private_allowed,
	    .timeout_ms = VS_STATUS_TIMEOUT_MS,
	    .is_cancelled = &status->is_ending,
	};
	unsigned http = 0;

	VS_TRY(vs_fetch(&request, answer, &http, reason));
	if (http == 200)
		return VS_OK;
	(void)snprintf(reason, VS_FETCH_REASON_SIZE, "it answers with HTTP status %u", http);
	return VS_FAIL(BAD_MESSAGE);
}

/* One event when it begins, one when it is over; each failure is a line of the log. */
static void
tell(struct vs_daemon_status *status, const struct vs_daemon_source *source, vs_result r,
     const char *reason)
{
	bool has_failed = r.code != VS_E_OK, had_failed;
	char detail[VS_FETCH_REASON_SIZE + 80];

	vs_metric_add(VS_METRIC_ocsp_fetches_total, 1);
	if (has_failed) {
		vs_metric_add(VS_METRIC_ocsp_failures_total, 1);
		VS_LOG(WARN, "ocsp.failed", vs_bytes_from_text(source->name),
		       VS_LOG_STR("url", source->ocsp_url), VS_LOG_STR("reason", reason),
		       VS_LOG_ERR(r));
	}
	(void)pthread_mutex_lock(&status->lock);
	had_failed = status->has_ocsp_failed;
	status->has_ocsp_failed = has_failed;
	(void)pthread_mutex_unlock(&status->lock);
	if (has_failed == had_failed)
		return;
	(void)snprintf(detail, sizeof(detail), "%s%s%.200s", source->name, has_failed ? ": " : "",
	               has_failed ? reason : "");
	vs_status_publish(status, has_failed ? VS_CORE_WARNING : VS_CORE_NOTICE,
	                  has_failed ? "ocsp.failed" : "ocsp.answers", detail);
}

static enum vs_core_status
translate(enum vs_x509_status status)
{
	switch (status) {
	case VS_X509_STATUS_GOOD:
		return VS_CORE_STATUS_GOOD;
	case VS_X509_STATUS_REVOKED:
		return VS_CORE_STATUS_REVOKED;
	case VS_X509_STATUS_UNKNOWN:
		break;
	}
	return VS_CORE_STATUS_UNKNOWN;
}

static int64_t
until(int64_t now_ms, int64_t until_ms)
{
	if (until_ms < now_ms + VS_STATUS_AGE_LEAST_MS)
		return now_ms + VS_STATUS_AGE_LEAST_MS;
	return until_ms < now_ms + VS_STATUS_AGE_MAX_MS ? until_ms : now_ms + VS_STATUS_AGE_MAX_MS;
}

static void
keep(struct vs_daemon_status *status, const struct vs_daemon_source *source, const char *serial,
     const struct vs_x509_ocsp_status *said, int64_t until_ms)
{
	int64_t now_ms = status->options.now_ms();
	struct vs_daemon_status_reach reach;
	bool is_attached;

	if (!vs_core_statuses_put(status->statuses, source->issuer, serial, translate(said->status),
	                          now_ms, until(now_ms, until_ms)))
		return;
	VS_LOG(WARN, "ocsp.revoked", vs_bytes_from_text(source->name),
	       VS_LOG_STR("serial", serial));
	(void)pthread_mutex_lock(&status->lock);
	is_attached = status->is_attached;
	reach = status->reach;
	(void)pthread_mutex_unlock(&status->lock);
	if (is_attached)
		reach.revoked(reach.arg);
}

/* --- for a handshake -------------------------------------------------------------------------- */

struct want {
	struct vs_daemon_status *status;
	char issuer[VS_CORE_HASH_TEXT_SIZE], serial[VS_CORE_SERIAL_TEXT_SIZE];
};

static vs_result
ask(struct vs_daemon_status *status, const struct vs_daemon_source *source, const char *serial,
    struct vs_x509_ocsp_status *said, int64_t *until_ms, char reason[static VS_FETCH_REASON_SIZE])
{
	uint8_t nonce[VS_X509_OCSP_NONCE_SIZE];
	struct vs_buf question, answer;
	vs_result r;

	vs_buf_init(&question, VS_LIMIT_OCSP_REQUEST_SIZE);
	vs_buf_init(&answer, VS_LIMIT_OCSP_ANSWER_SIZE);
	r = vs_x509_ocsp_ask_serial(serial, source->ca, &question, nonce);
	if (r.code == VS_E_OK)
		r = exchange(status, source, vs_buf_view(&question), &answer, reason);
	if (r.code == VS_E_OK) {
		r = vs_x509_ocsp_read_serial(vs_buf_view(&answer), serial, source->ca, nonce,
		                             status->options.now_ms(), said, until_ms);
		if (r.code != VS_E_OK)
			(void)snprintf(reason, VS_FETCH_REASON_SIZE,
			               "its answer is not to be believed: %s", vs_err_text(r.code));
	}
	vs_buf_done(&question);
	vs_buf_done(&answer);
	return r;
}

static vs_result
want_run(void *argument)
{
	struct want *want = argument;
	struct vs_daemon_status *status = want->status;
	struct vs_daemon_sources *sources = vs_status_sources(status);
	struct vs_daemon_sources *below = vs_status_below(status);
	const struct vs_daemon_source *source = find_issuer(sources, want->issuer);
	char reason[VS_FETCH_REASON_SIZE] = "";
	struct vs_x509_ocsp_status said;
	vs_result r = VS_FAIL(NOT_FOUND);
	int64_t until_ms = 0;

	if (source == NULL)
		source = find_issuer(below, want->issuer);
	if (source != NULL) {
		r = ask(status, source, want->serial, &said, &until_ms, reason);
		tell(status, source, r, reason);
		if (r.code == VS_E_OK)
			keep(status, source, want->serial, &said, until_ms);
	}
	vs_daemon_sources_unref(&below);
	vs_daemon_sources_unref(&sources);
	return r;
}

static void
want_finish(struct vs_loop *loop, vs_result result, void *argument)
{
	struct want *want = argument;

	(void)loop;
	if (result.code != VS_E_OK)
		vs_core_statuses_put_off(want->status->statuses, want->issuer, want->serial,
		                         want->status->options.now_ms() + VS_STATUS_RETRY_MS);
	vs_status_done(want->status);
	free(want);
}

bool
vs_status_want(void *arg, const char *issuer, const char *serial)
{
	struct want *want = calloc(1, sizeof(*want));

	if (want == NULL)
		return false;
	want->status = arg;
	(void)snprintf(want->issuer, sizeof(want->issuer), "%s", issuer);
	(void)snprintf(want->serial, sizeof(want->serial), "%s", serial);
	if (vs_status_submit(arg, want_run, want_finish, want).code == VS_E_OK)
		/* cppcheck-suppress memleak ; the job owns it */
		return true;
	free(want);
	return false;
}

/* --- for a station that asks ------------------------------------------------------------------ */

struct kept {
	int64_t until_ms;
	struct vs_buf der;
};

static void
kept_free(struct kept *kept)
{
	if (kept != NULL)
		vs_buf_done(&kept->der);
	free(kept);
}

void
vs_status_answers_free(struct vs_map **answers)
{
	struct vs_map_cursor cursor = {0};

	while (*answers != NULL && vs_map_next(*answers, &cursor))
		kept_free(cursor.value);
	vs_map_free(answers);
}

/* Under the lock. */
static void
make_room(struct vs_map *answers)
{
	struct vs_map_cursor cursor = {0};
	struct vs_bytes oldest = {NULL, 0};
	int64_t soonest_ms = INT64_MAX;

	while (vs_map_next(answers, &cursor)) {
		const struct kept *kept = cursor.value;

		if (kept->until_ms < soonest_ms) {
			soonest_ms = kept->until_ms;
			oldest = cursor.key;
		}
	}
	if (oldest.data != NULL)
		kept_free(vs_map_remove(answers, oldest));
}

static bool
recall(struct vs_daemon_status *status, struct vs_bytes question, struct vs_buf *der, vs_result *r)
{
	const struct kept *kept;
	bool is_kept;

	(void)pthread_mutex_lock(&status->lock);
	kept = vs_map_get(status->answers, question);
	is_kept = kept != NULL && status->options.now_ms() < kept->until_ms;
	if (is_kept)
		*r = vs_buf_append_bytes(der, vs_buf_view(&kept->der));
	(void)pthread_mutex_unlock(&status->lock);
	return is_kept;
}

static void
remember(struct vs_daemon_status *status, struct vs_bytes question, struct vs_bytes answer,
         int64_t until_ms)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	void *old = NULL;

	if (kept == NULL)
		return;
	kept->until_ms = until_ms;
	vs_buf_init(&kept->der, VS_LIMIT_OCSP_ANSWER_SIZE);
	(void)pthread_mutex_lock(&status->lock);
	if (vs_map_count(status->answers) >= VS_LIMIT_STATUS_ANSWERS)
		make_room(status->answers);
	if (vs_buf_append_bytes(&kept->der, answer).code == VS_E_OK &&
	    vs_map_put(status->answers, question, kept, &old).code == VS_E_OK)
		kept = NULL;
	(void)pthread_mutex_unlock(&status->lock);
	kept_free(old);
	kept_free(kept);
}

bool
vs_daemon_status_knows(struct vs_daemon_status *status, const struct vs_x509_ocsp_id *id)
{
	struct vs_daemon_sources *sources = vs_status_sources(status);
	struct vs_daemon_sources *below = vs_status_below(status);
	bool is_known = find_id(sources, id) != NULL || find_id(below, id) != NULL;

	vs_daemon_sources_unref(&below);
	vs_daemon_sources_unref(&sources);
	return is_known;
}

/* The station reads the answer itself; but what nobody signed, or is not of now, is not for it. */
static vs_result
fetch_answer(struct vs_daemon_status *status, const struct vs_daemon_source *source,
             const struct vs_x509_ocsp_id *id, struct vs_bytes question, struct vs_buf *der)
{
	char reason[VS_FETCH_REASON_SIZE] = "", serial[VS_CORE_SERIAL_TEXT_SIZE] = "";
	int64_t now_ms = status->options.now_ms(), until_ms = 0;
	struct vs_x509_ocsp_status said;
	struct vs_buf answer;
	const char *digits = serial;
	vs_result r;

	(void)vs_hex_encode(id->serial, serial, sizeof(serial));
	while (digits[0] == '0' && digits[1] != '\0')
		digits++;
	vs_buf_init(&answer, VS_LIMIT_OCSP_ANSWER_SIZE);
	r = exchange(status, source, question, &answer, reason);
	if (r.code == VS_E_OK) {
		r = vs_x509_ocsp_read_serial(vs_buf_view(&answer), digits, source->ca, NULL, now_ms,
		                             &said, &until_ms);
		if (r.code != VS_E_OK)
			(void)snprintf(reason, sizeof(reason),
			               "its answer is not to be believed: %s", vs_err_text(r.code));
	}
	tell(status, source, r, reason);
	if (r.code == VS_E_OK) {
		keep(status, source, digits, &said, until_ms);
		if (until_ms > now_ms)
			remember(status, question, vs_buf_view(&answer), until(now_ms, until_ms));
		r = vs_buf_append_bytes(der, vs_buf_view(&answer));
	}
	vs_buf_done(&answer);
	return r;
}

vs_result
vs_daemon_status_answer(struct vs_daemon_status *status, const struct vs_x509_ocsp_id *id,
                        struct vs_buf *der)
{
	struct vs_daemon_sources *sources = vs_status_sources(status);
	struct vs_daemon_sources *below = vs_status_below(status);
	const struct vs_daemon_source *source = find_id(sources, id);
	struct vs_buf question;
	vs_result r = VS_FAIL(NOT_FOUND);

	if (source == NULL)
		source = find_id(below, id);
	vs_buf_init(&question, VS_LIMIT_OCSP_REQUEST_SIZE);
	if (source != NULL)
		r = vs_x509_ocsp_ask_id(id, &question);
	/* Without a nonce the question is its own key. */
	if (r.code == VS_E_OK && !recall(status, vs_buf_view(&question), der, &r))
		r = fetch_answer(status, source, id, vs_buf_view(&question), der);
	vs_buf_done(&question);
	vs_daemon_sources_unref(&below);
	vs_daemon_sources_unref(&sources);
	return r;
}
