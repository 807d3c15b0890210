/* SPDX-License-Identifier: Apache-2.0 */
#include "core/trust.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct vs_core_trusts {
	pthread_rwlock_t lock;
	struct vs_core_trust *rows;
	size_t row_count;
	uint8_t (*anchors)[VS_CORE_SPKI_SIZE];
	size_t anchor_count;
};

vs_result
vs_core_trusts_new(struct vs_core_trusts **trusts_out)
{
	struct vs_core_trusts *trusts;

	assert(trusts_out != NULL);
	trusts = calloc(1, sizeof(*trusts));
	if (trusts == NULL)
		return VS_FAIL(NO_MEMORY);
	if (pthread_rwlock_init(&trusts->lock, NULL) != 0) {
		free(trusts);
		return VS_FAIL(NO_MEMORY);
	}
	*trusts_out = trusts;
	return VS_OK;
}

void
vs_core_trusts_free(struct vs_core_trusts **trusts)
{
	assert(trusts != NULL);
	if (*trusts == NULL)
		return;
	(void)pthread_rwlock_destroy(&(*trusts)->lock);
	free((*trusts)->rows);
	free((*trusts)->anchors);
	free(*trusts);
	*trusts = NULL;
}

static void
lock_read(const struct vs_core_trusts *trusts)
{
	int error = pthread_rwlock_rdlock(&((struct vs_core_trusts *)(uintptr_t)trusts)->lock);

	assert(error == 0);
	(void)error;
}

static void
lock_write(struct vs_core_trusts *trusts)
{
	int error = pthread_rwlock_wrlock(&trusts->lock);

	assert(error == 0);
	(void)error;
}

static void
unlock(const struct vs_core_trusts *trusts)
{
	(void)pthread_rwlock_unlock(&((struct vs_core_trusts *)(uintptr_t)trusts)->lock);
}

/* A copy of `count` items, NULL when there are none; false without memory. */
static bool
copy(const void *items, size_t count, size_t size, void **copy_out)
{
	void *made = count > 0 ? reallocarray(NULL, count, size) : NULL;

	if (count > 0 && made == NULL)
		return false;
	if (count > 0)
		memcpy(made, items, count * size);
	*copy_out = made;
	return true;
}

/* Hashes of public keys: no secret. */
static bool
is_same(const uint8_t *a, const uint8_t *b)
{
	return vs_bytes_equal(vs_bytes_from(a, VS_CORE_SPKI_SIZE),
	                      vs_bytes_from(b, VS_CORE_SPKI_SIZE));
}

/* --- tenants ---------------------------------------------------------------------------------- */

static bool
is_ambiguous(const struct vs_core_trust *a, const struct vs_core_trust *b)
{
	if (strcmp(a->tenant, b->tenant) == 0)
		return true;
	return !a->has_ca && !b->has_ca && a->organisation[0] != '\0' &&
	       strcmp(a->organisation, b->organisation) == 0;
}

vs_result
vs_core_trusts_replace(struct vs_core_trusts *trusts, const struct vs_core_trust *rows,
                       size_t count)
{
	void *made = NULL;

	assert(trusts != NULL);
	if (count > VS_LIMIT_TENANT_TRUSTS)
		return VS_FAIL(TOO_LONG);
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (is_ambiguous(&rows[i], &rows[j]))
				return VS_FAIL(EXISTS);
		}
	}
	if (!copy(rows, count, sizeof(*rows), &made))
		return VS_FAIL(NO_MEMORY);
	lock_write(trusts);
	free(trusts->rows);
	trusts->rows = made;
	trusts->row_count = count;
	unlock(trusts);
	return VS_OK;
}

bool
vs_core_trusts_find(const struct vs_core_trusts *trusts, const char *tenant,
                    struct vs_core_trust *row_out)
{
	bool is_found = false;

	assert(trusts != NULL && tenant != NULL && row_out != NULL);
	lock_read(trusts);
	for (size_t i = 0; i < trusts->row_count && !is_found; i++) {
		is_found = strcmp(trusts->rows[i].tenant, tenant) == 0;
		if (is_found)
			*row_out = trusts->rows[i];
	}
	unlock(trusts);
	return is_found;
}

static bool
is_bound_to(const struct vs_core_trust *row, const uint8_t *issuer_spki, const uint8_t *anchor_spki)
{
	return is_same(row->ca_spki, issuer_spki) || is_same(row->ca_spki, anchor_spki);
}

bool
vs_core_trusts_is_of_other(const struct vs_core_trusts *trusts, const char *tenant,
                           struct vs_bytes organisation,
                           const uint8_t issuer_spki[static VS_CORE_SPKI_SIZE],
                           const uint8_t anchor_spki[static VS_CORE_SPKI_SIZE])
{
	bool is_other = false;

	assert(trusts != NULL && tenant != NULL);
	lock_read(trusts);
	for (size_t i = 0; i < trusts->row_count && !is_other; i++) {
		const struct vs_core_trust *row = &trusts->rows[i];

		if (strcmp(row->tenant, tenant) == 0)
			continue;
		is_other = row->has_ca ? is_bound_to(row, issuer_spki, anchor_spki)
		                       : row->organisation[0] != '\0' &&
		                             vs_bytes_equal_text(organisation, row->organisation);
	}
	unlock(trusts);
	return is_other;
}

/* --- anchors ---------------------------------------------------------------------------------- */

vs_result
vs_core_trusts_set_anchors(struct vs_core_trusts *trusts, const uint8_t *spkis, size_t count)
{
	void *made = NULL;

	assert(trusts != NULL);
	if (!copy(spkis, count, VS_CORE_SPKI_SIZE, &made))
		return VS_FAIL(NO_MEMORY);
	lock_write(trusts);
	free(trusts->anchors);
	trusts->anchors = made;
	trusts->anchor_count = count;
	unlock(trusts);
	return VS_OK;
}

bool
vs_core_trusts_has_anchor(const struct vs_core_trusts *trusts,
                          const uint8_t spki[static VS_CORE_SPKI_SIZE])
{
	bool is_found;

	assert(trusts != NULL);
	lock_read(trusts);
	is_found = trusts->anchor_count == 0;
	for (size_t i = 0; i < trusts->anchor_count && !is_found; i++)
		is_found = is_same(trusts->anchors[i], spki);
	unlock(trusts);
	return is_found;
}
