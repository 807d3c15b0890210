/* SPDX-License-Identifier: Apache-2.0 */
/* What is published about certificates: revocation lists and OCSP; and the hourly sweep. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "keys/certs_inside.h"

#define DAY_MS   INT64_C(86400000)
#define HOUR_MS  INT64_C(3600000)
#define PAGE     256
#define TIGHT_MS INT64_C(600000) /* a cached answer is given until so long before its end */

/* --- revocation lists ------------------------------------------------------------------------ */

struct collection {
	struct vs_x509_crl_entry *entries;
	size_t count, capacity;
	int64_t last_id;
	size_t seen;
	bool has_failed;
};

static bool
collect(const struct vs_cert_row *row, void *arg)
{
	struct collection *all = arg;
	struct vs_x509_crl_entry *entry;

	all->seen++;
	all->last_id = row->cert_id;
	if (all->count == all->capacity) {
		size_t capacity = all->capacity > 0 ? 2 * all->capacity : 64;
		struct vs_x509_crl_entry *grown =
		    all->count < VS_LIMIT_CRL_ENTRIES
			? realloc(all->entries, capacity * sizeof(*all->entries))
			: NULL;

		if (grown == NULL) {
			all->has_failed = true;
			return false;
		}
		all->entries = grown;
		all->capacity = capacity;
	}
	entry = &all->entries[all->count++];
	memcpy(entry->serial_hex, row->serial, sizeof(entry->serial_hex));
	entry->at_ms = row->state_ms;
	if (vs_x509_reason_parse(vs_bytes_from_text(row->reason), &entry->reason).code != VS_E_OK)
		entry->reason = VS_X509_REASON_UNSPECIFIED;
	return true;
}

/* RFC 5280 3.3: an entry stays until one list after the certificate's end. */
static vs_result
collect_revoked(struct vs_certs *certs, uint32_t generation, struct collection *all)
{
	const struct vs_certstore *store = certs->options.store;
	struct vs_cert_query query = {
	    .state = "revoked",
	    .generation = generation,
	    .ends_from_ms = certs->options.now_ms() - VS_CERTS_CRL_DAYS * DAY_MS,
	    .limit = PAGE,
	};

	do {
		all->seen = 0;
		query.after = all->last_id;
		VS_TRY(store->certs(store->self, &query, collect, all));
		if (all->has_failed)
			return VS_FAIL(BUSY);
	} while (all->seen == PAGE);
	return VS_OK;
}

static vs_result
store_crl(struct vs_certs *certs, struct vs_cert_crl *crl, const struct vs_core_behalf *behalf)
{
	const struct vs_keystore *keystore = certs->options.keystore;
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_CRL_PUT, .u.crl = *crl};
	struct vs_keystore_audit audit = vs_certs_audit(certs, "crl.sign", behalf, "issuing CA");

	return vs_keystore_apply(keystore, &change, 1, &audit, 1);
}

vs_result
vs_certs_crl_renew(struct vs_certs *certs, uint32_t generation, const struct vs_core_behalf *behalf)
{
	const struct vs_certstore *store = certs->options.store;
	struct collection all = {.entries = NULL};
	struct vs_cert_crl crl = {.number = 0};
	struct vs_buf der;
	vs_result r;

	vs_buf_init(&der, VS_LIMIT_CRL_SIZE);
	r = store->crl(store->self, generation, &der, &crl);
	if (r.code == VS_E_OK || r.code == VS_E_NOT_FOUND)
		r = collect_revoked(certs, generation, &all);
	vs_buf_reset(&der);
	crl.generation = generation;
	crl.number++;
	crl.this_update_ms = certs->options.now_ms();
	crl.next_update_ms = crl.this_update_ms + VS_CERTS_CRL_DAYS * DAY_MS;
	if (r.code == VS_E_OK)
		r = vs_keys_client_ca_crl(certs->options.client, generation, crl.number,
		                          VS_CERTS_CRL_DAYS, all.entries, all.count, &der);
	crl.der = vs_buf_view(&der);
	if (r.code == VS_E_OK)
		r = store_crl(certs, &crl, behalf);
	free(all.entries);
	vs_buf_done(&der);
	return r;
}

vs_result
vs_certs_crl(struct vs_certs *certs, uint32_t generation, struct vs_buf *der)
{
	const struct vs_certstore *store = certs->options.store;
	struct vs_cert_crl crl;
	vs_result r;

	(void)pthread_mutex_lock(&certs->lock);
	if (generation == 0)
		generation = certs->view.current;
	r = store->crl(store->self, generation, der, &crl);
	if (r.code == VS_E_NOT_FOUND) {
		r = vs_certs_crl_renew(certs, generation, VS_CORE_BEHALF("service"));
		if (r.code == VS_E_OK)
			r = store->crl(store->self, generation, der, &crl);
	}
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}

/* --- OCSP ------------------------------------------------------------------------------------ */

void
vs_certs_ocsp_forget(struct vs_certs *certs)
{
	for (size_t i = 0; i < VS_LIMIT_OCSP_CACHE; i++)
		certs->ocsp[i].until_ms = 0;
}

static struct vs_certs_answer *
place_of(struct vs_certs *certs, const uint8_t sha256[static VS_SHA256_SIZE])
{
	return &certs->ocsp[(size_t)(sha256[0] | sha256[1] << 8) % VS_LIMIT_OCSP_CACHE];
}

static void
look_up(struct vs_certs *certs, const char *serial, struct vs_x509_ocsp_status *status)
{
	const struct vs_certstore *store = certs->options.store;
	struct vs_cert_row *row = calloc(1, sizeof(*row));

	*status = (struct vs_x509_ocsp_status){.status = VS_X509_STATUS_UNKNOWN};
	/* Serials are random, 159 bits: one that is ours is of the issuer that was asked about, and
	 * the key process answers "unknown" for another's whatever we say. */
	if (row != NULL && store->find(store->self, serial, "", row).code == VS_E_OK) {
		status->status = VS_X509_STATUS_GOOD;
		if (row->state == VS_CERT_REVOKED) {
			status->status = VS_X509_STATUS_REVOKED;
			status->at_ms = row->state_ms;
			if (vs_x509_reason_parse(vs_bytes_from_text(row->reason), &status->reason)
			        .code != VS_E_OK)
				status->reason = VS_X509_REASON_UNSPECIFIED;
		}
	}
	free(row);
}

static vs_result
sign(struct vs_certs *certs, const struct vs_x509_ocsp_request *request, struct vs_bytes bytes,
     struct vs_buf *der)
{
	struct vs_x509_ocsp_status statuses[VS_X509_OCSP_ITEMS];
	size_t count = vs_x509_ocsp_request_count(request);

	for (size_t i = 0; i < count; i++) {
		char serial[VS_X509_SERIAL_SIZE];

		vs_x509_ocsp_request_serial(request, i, serial);
		look_up(certs, serial, &statuses[i]);
	}
	return vs_keys_client_ca_ocsp(certs->options.client, bytes, statuses, count,
	                              VS_CERTS_OCSP_HOURS, der);
}

static vs_result
answer(struct vs_certs *certs, const struct vs_x509_ocsp_request *request, struct vs_bytes bytes,
       struct vs_buf *der)
{
	int64_t now_ms = certs->options.now_ms();
	uint8_t sha256[VS_SHA256_SIZE];
	struct vs_certs_answer *place;
	size_t begin = der->size;

	if (vs_x509_ocsp_request_has_nonce(request))
		return sign(certs, request, bytes, der);
	VS_TRY(vs_crypto_sha256(bytes, sha256));
	place = place_of(certs, sha256);
	if (place->until_ms > now_ms && vs_bytes_equal(vs_bytes_from(place->sha256, VS_SHA256_SIZE),
	                                               vs_bytes_from(sha256, VS_SHA256_SIZE)))
		return vs_buf_append_bytes(der, vs_buf_view(&place->der));
	VS_TRY(sign(certs, request, bytes, der));
	vs_buf_done(&place->der);
	vs_buf_init(&place->der, VS_LIMIT_OCSP_ANSWER_SIZE);
	place->until_ms = 0;
	if (vs_buf_append(&place->der, der->data + begin, der->size - begin).code == VS_E_OK) {
		memcpy(place->sha256, sha256, sizeof(sha256));
		place->until_ms = now_ms + VS_CERTS_OCSP_HOURS * HOUR_MS - TIGHT_MS;
	}
	return VS_OK;
}

vs_result
vs_certs_ocsp(struct vs_certs *certs, struct vs_bytes bytes, struct vs_buf *der)
{
	struct vs_x509_ocsp_request *request = NULL;
	vs_result r = vs_x509_ocsp_request_read(bytes, &request);

	if (r.code != VS_E_OK)
		return vs_x509_ocsp_refuse(VS_X509_OCSP_MALFORMED, der);
	(void)pthread_mutex_lock(&certs->lock);
	r = answer(certs, request, bytes, der);
	(void)pthread_mutex_unlock(&certs->lock);
	vs_x509_ocsp_request_free(&request);
	if (r.code == VS_E_OK)
		return r;
	return vs_x509_ocsp_refuse(r.code == VS_E_RATE_LIMITED ? VS_X509_OCSP_TRY_LATER
	                           : r.code == VS_E_NOT_FOUND  ? VS_X509_OCSP_UNAUTHORIZED
	                                                       : VS_X509_OCSP_INTERNAL,
	                           der);
}

/* --- inventory and sweep --------------------------------------------------------------------- */

struct tally {
	struct vs_certs *certs;
	struct vs_certs_inventory inventory;
	int64_t now_ms, last_id, over[PAGE]; /* ids of what is over but not marked so */
	size_t seen, over_count;
	bool is_sweep;
};

static void
count_valid(struct tally *tally, const struct vs_cert_row *row)
{
	static const int days[] = {30, 14, 7, 1};
	struct vs_certs_inventory *inventory = &tally->inventory;
	const struct vs_certs_options *options = &tally->certs->options;
	int threshold = vs_certs_threshold(row->not_after_ms, tally->now_ms);

	inventory->valid++;
	for (size_t i = 0; i < 4; i++)
		if (threshold >= 0 && threshold <= days[i])
			inventory->within[i]++;
	if (inventory->next_end_ms == 0 || row->not_after_ms < inventory->next_end_ms)
		inventory->next_end_ms = row->not_after_ms;
	if (tally->is_sweep && threshold >= 0 && options->ends_soon != NULL) {
		const struct vs_certs_alarm alarm = {row, threshold};

		options->ends_soon(options->arg, &alarm);
	}
}

static bool
count_row(const struct vs_cert_row *row, void *arg)
{
	struct tally *tally = arg;

	tally->seen++;
	tally->last_id = row->cert_id;
	switch (row->state) {
	case VS_CERT_VALID:
		count_valid(tally, row);
		break;
	case VS_CERT_SUPERSEDED:
		tally->inventory.superseded++;
		break;
	case VS_CERT_REVOKED:
		tally->inventory.revoked++;
		break;
	case VS_CERT_EXPIRED:
		tally->inventory.expired++;
		break;
	case VS_CERT_STATES:
		break;
	}
	if ((row->state == VS_CERT_VALID || row->state == VS_CERT_SUPERSEDED) &&
	    row->not_after_ms < tally->now_ms)
		tally->over[tally->over_count++] = row->cert_id;
	return true;
}

static vs_result
mark_over(struct tally *tally)
{
	struct vs_certs *certs = tally->certs;
	const struct vs_keystore *keystore = certs->options.keystore;
	struct vs_cert_row *row = calloc(1, sizeof(*row));
	vs_result r = row != NULL ? VS_OK : VS_FAIL(NO_MEMORY);

	for (size_t i = 0; i < tally->over_count && r.code == VS_E_OK; i++) {
		struct vs_keystore_change change = {.kind = VS_KEYSTORE_CERT_STEP, .u.cert = row};
		struct vs_keystore_audit audit;

		r = certs->options.store->cert(certs->options.store->self, tally->over[i], row);
		if (r.code != VS_E_OK)
			break;
		audit = vs_certs_audit(certs, "cert.expire", VS_CORE_BEHALF("scheduler"),
		                       row->common_name);
		change.from_cert = row->state;
		row->state = VS_CERT_EXPIRED;
		row->state_ms = tally->now_ms;
		r = vs_keystore_apply(keystore, &change, 1, &audit, 1);
	}
	free(row);
	return r;
}

static vs_result
walk(struct tally *tally)
{
	const struct vs_certstore *store = tally->certs->options.store;

	do {
		const struct vs_cert_query query = {.after = tally->last_id, .limit = PAGE};

		tally->seen = tally->over_count = 0;
		VS_TRY(store->certs(store->self, &query, count_row, tally));
		if (tally->is_sweep)
			VS_TRY(mark_over(tally));
	} while (tally->seen == PAGE);
	return VS_OK;
}

vs_result
vs_certs_inventory(struct vs_certs *certs, struct vs_certs_inventory *inventory_out)
{
	const struct vs_certstore *store = certs->options.store;
	struct tally tally = {.certs = certs, .now_ms = certs->options.now_ms()};
	struct vs_keys_ca_view view;
	struct vs_cert_crl crl;
	struct vs_buf der;

	VS_TRY(walk(&tally));
	vs_certs_view(certs, &view);
	vs_buf_init(&der, VS_LIMIT_CRL_SIZE);
	if (store->crl(store->self, view.current, &der, &crl).code == VS_E_OK) {
		tally.inventory.crl_number = crl.number;
		tally.inventory.crl_next_update_ms = crl.next_update_ms;
	}
	vs_buf_done(&der);
	*inventory_out = tally.inventory;
	return VS_OK;
}

/* Every generation that may still have certificates out there. */
static vs_result
renew_lists(struct vs_certs *certs, int64_t now_ms)
{
	const struct vs_certstore *store = certs->options.store;
	uint32_t last = certs->view.next != 0 ? certs->view.next : certs->view.current;

	for (uint32_t i = 1; i <= last; i++) {
		struct vs_cert_crl crl = {.this_update_ms = 0};
		struct vs_buf der;
		vs_result r;

		vs_buf_init(&der, VS_LIMIT_CRL_SIZE);
		r = store->crl(store->self, i, &der, &crl);
		vs_buf_done(&der);
		if (r.code == VS_E_OK && !certs->is_crl_due &&
		    now_ms - crl.this_update_ms < VS_CERTS_CRL_FRESH)
			continue;
		r = vs_certs_crl_renew(certs, i, VS_CORE_BEHALF("scheduler"));
		if (r.code != VS_E_OK && r.code != VS_E_NOT_FOUND) /* NOT_FOUND: it was dropped */
			return r;
	}
	certs->is_crl_due = false;
	return VS_OK;
}

vs_result
vs_certs_sweep(struct vs_certs *certs)
{
	struct tally tally = {.certs = certs, .now_ms = certs->options.now_ms(), .is_sweep = true};
	vs_result r;

	(void)pthread_mutex_lock(&certs->lock);
	r = walk(&tally);
	if (r.code == VS_E_OK)
		r = renew_lists(certs, tally.now_ms);
	(void)pthread_mutex_unlock(&certs->lock);
	return r;
}
