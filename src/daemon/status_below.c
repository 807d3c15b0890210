/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuing CAs that nobody has here: a station sent them along, and its chain up to a CA of ours was
 * good. The responder of a CA whose line says "below" is asked about their certificates, too, and
 * what it says has to be signed by them. In memory: after a restart the next handshake tells again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/x509_info.h"
#include "daemon/status_inside.h"
#include "wire/base64.h"

#define DER_SIZE_MAX 16384 /* as much as a client may send */

static const struct vs_daemon_source *
find(const struct vs_daemon_sources *sources, const char *issuer)
{
	for (size_t i = 0; sources != NULL && i < sources->count; i++) {
		if (strcmp(sources->rows[i].issuer, issuer) == 0)
			return &sources->rows[i];
	}
	return NULL;
}

static bool
is_for_below(const struct vs_daemon_source *source)
{
	return source != NULL && source->is_for_below && source->ocsp_url[0] != '\0';
}

/* --- lines ------------------------------------------------------------------------------------ */

static vs_result
add_line(const struct vs_status_learned *learned, const struct vs_daemon_source *above,
         struct vs_daemon_sources *below)
{
	struct vs_daemon_source *row = &below->rows[below->count];
	struct vs_x509_info info;

	VS_TRY(vs_x509_cert_read_der(vs_buf_view(&learned->der), &row->ca));
	below->count++; /* what it holds is freed with the rest */
	VS_TRY(vs_x509_info_get(row->ca, &info));
	memcpy(row->issuer, learned->issuer, sizeof(row->issuer));
	memcpy(row->ocsp_url, above->ocsp_url, sizeof(row->ocsp_url));
	row->is_private_allowed = above->is_private_allowed;
	(void)snprintf(row->name, sizeof(row->name), "%.64s", info.common_name);
	return VS_OK;
}

static vs_result
make_lines(struct vs_daemon_status *status, struct vs_daemon_sources **below_out)
{
	struct vs_daemon_sources *below = calloc(
	    1, sizeof(*below) + (VS_LIMIT_STATUS_BELOW + 1) * sizeof(struct vs_daemon_source));
	vs_result r = below != NULL ? VS_OK : VS_FAIL(NO_MEMORY);

	if (below == NULL)
		return r;
	atomic_init(&below->refs, 1);
	for (size_t i = 0; r.code == VS_E_OK && i < status->learned_count; i++) {
		const struct vs_status_learned *learned = &status->learned[i];
		const struct vs_daemon_source *above = find(status->sources, learned->anchor);

		/* One that has a line of its own is asked about there, or not at all. */
		if (is_for_below(above) && find(status->sources, learned->issuer) == NULL)
			r = add_line(learned, above, below);
	}
	if (r.code == VS_E_OK)
		*below_out = below;
	else
		vs_daemon_sources_unref(&below);
	return r;
}

static size_t
collect(const struct vs_daemon_sources *sources, size_t count,
        char (*issuers)[VS_CORE_HASH_TEXT_SIZE])
{
	for (size_t i = 0; sources != NULL && i < sources->count; i++) {
		if (sources->rows[i].ocsp_url[0] != '\0')
			memcpy(issuers[count++], sources->rows[i].issuer, sizeof(issuers[0]));
	}
	return count;
}

vs_result
vs_status_below_make(struct vs_daemon_status *status)
{
	char issuers[VS_LIMIT_STATUS_SOURCES + VS_LIMIT_STATUS_BELOW][VS_CORE_HASH_TEXT_SIZE];
	struct vs_daemon_sources *below = NULL;
	size_t count;
	vs_result r;

	VS_TRY(make_lines(status, &below));
	count = collect(below, collect(status->sources, 0, issuers), issuers);
	r = vs_core_statuses_set_issuers(status->statuses,
	                                 (const char(*)[VS_CORE_HASH_TEXT_SIZE])issuers, count);
	if (r.code != VS_E_OK) {
		vs_daemon_sources_unref(&below);
		return r;
	}
	vs_daemon_sources_unref(&status->below);
	status->below = below;
	return VS_OK;
}

void
vs_status_below_done(struct vs_daemon_status *status)
{
	vs_daemon_sources_unref(&status->below);
	for (size_t i = 0; i < status->learned_count; i++)
		vs_buf_done(&status->learned[i].der);
	status->learned_count = 0;
}

/* --- a handshake ------------------------------------------------------------------------------ */

/* Under the lock. */
static vs_result
learn(struct vs_daemon_status *status, const char *anchor, const char *issuer, struct vs_bytes der)
{
	struct vs_status_learned *learned;
	vs_result r;

	if (!is_for_below(find(status->sources, anchor)) || find(status->below, issuer) != NULL ||
	    find(status->sources, issuer) != NULL)
		return VS_OK;
	if (status->learned_count == VS_LIMIT_STATUS_BELOW)
		return VS_FAIL(TOO_LONG);
	learned = &status->learned[status->learned_count];
	vs_buf_init(&learned->der, DER_SIZE_MAX);
	r = vs_buf_append_bytes(&learned->der, der);
	memcpy(learned->anchor, anchor, VS_CORE_HASH_TEXT_SIZE);
	memcpy(learned->issuer, issuer, VS_CORE_HASH_TEXT_SIZE);
	if (r.code == VS_E_OK) {
		status->learned_count++;
		r = vs_status_below_make(status);
		if (r.code == VS_E_OK)
			return r;
		status->learned_count--;
	}
	vs_buf_done(&learned->der);
	return r;
}

void
vs_daemon_status_learn(void *arg, const uint8_t anchor_spki[static VS_SHA256_SIZE],
                       const uint8_t issuer_spki[static VS_SHA256_SIZE], struct vs_bytes issuer_der)
{
	char anchor[VS_CORE_HASH_TEXT_SIZE], issuer[VS_CORE_HASH_TEXT_SIZE];
	struct vs_daemon_status *status = arg;
	vs_result r;

	assert(status != NULL);
	(void)vs_hex_encode(vs_bytes_from(anchor_spki, VS_SHA256_SIZE), anchor, sizeof(anchor));
	(void)vs_hex_encode(vs_bytes_from(issuer_spki, VS_SHA256_SIZE), issuer, sizeof(issuer));
	(void)pthread_mutex_lock(&status->lock);
	r = learn(status, anchor, issuer, issuer_der);
	(void)pthread_mutex_unlock(&status->lock);
	if (r.code != VS_E_OK)
		VS_LOG(ERROR, "ocsp.not_learned", vs_bytes_from_text(issuer), VS_LOG_ERR(r));
}
