/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "keys/certs_inside.h"

#define PAUSE_NS   20000000
#define PAUSES_MAX 1000

/* The key process has its rate: whoever equips a hundred thousand stations waits for it. */
static vs_result
make_row(struct vs_certs *certs, const struct vs_certs_request *request, struct vs_cert_row *row,
         char reason[static VS_CERTS_REASON_SIZE])
{
	vs_result r = vs_certs_make_row(certs, request, row, reason);

	for (unsigned i = 0; i < PAUSES_MAX && r.code == VS_E_RATE_LIMITED; i++) {
		(void)nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
		r = vs_certs_make_row(certs, request, row, reason);
	}
	return r;
}

static vs_result
store_all(struct vs_certs *certs, const struct vs_certs_request *requests, size_t count,
          struct vs_cert_row *rows)
{
	const struct vs_keystore *keystore = certs->options.keystore;
	struct vs_keystore_change *changes = calloc(count, sizeof(*changes));
	struct vs_keystore_audit *audits = calloc(count, sizeof(*audits));
	vs_result r = VS_FAIL(NO_MEMORY);

	if (changes != NULL && audits != NULL) {
		for (size_t i = 0; i < count; i++) {
			char object[VS_KEYS_TEXT_SIZE];

			(void)snprintf(object, sizeof(object), "%s %s %s", rows[i].profile,
			               rows[i].common_name, rows[i].serial);
			audits[i] = vs_certs_audit(certs, "cert.issue", requests[i].behalf, object);
			(void)snprintf(audits[i].tenant, sizeof(audits[i].tenant), "%s",
			               rows[i].tenant);
			changes[i] = (struct vs_keystore_change){
			    .kind = VS_KEYSTORE_CERT_ADD, .audit = i, .u.cert = &rows[i]};
		}
		r = vs_keystore_apply(keystore, changes, count, audits, count);
	}
	free(changes);
	free(audits);
	return r;
}

vs_result
vs_certs_issue_many(struct vs_certs *certs, const struct vs_certs_request *requests, size_t count,
                    struct vs_cert_row *rows_out, char reason[static VS_CERTS_REASON_SIZE])
{
	vs_result r;

	assert(certs != NULL && requests != NULL && rows_out != NULL && count > 0);
	(void)pthread_mutex_lock(&certs->lock);
	r = vs_certs_ready(certs, reason);
	for (size_t i = 0; i < count && r.code == VS_E_OK; i++)
		r = make_row(certs, &requests[i], &rows_out[i], reason);
	if (r.code == VS_E_OK) {
		(void)snprintf(reason, VS_CERTS_REASON_SIZE, "they could not be written down");
		r = store_all(certs, requests, count, rows_out);
	}
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}
