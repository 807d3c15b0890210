/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keystore.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/keystore_inside.h"
#include "store/lock.h"

void
vs_store_keystore_lock(struct vs_store_keystore *keystore)
{
	int error = pthread_mutex_lock(&keystore->lock);

	assert(error == 0);
	(void)error;
}

void
vs_store_keystore_unlock(struct vs_store_keystore *keystore)
{
	(void)pthread_mutex_unlock(&keystore->lock);
}

vs_result
vs_store_keystore_open(const struct vs_store_place *place, char *reason, size_t reason_size,
                       struct vs_store_keystore **keystore_out)
{
	struct vs_store_keystore *keystore;
	vs_result r = VS_FAIL(NO_MEMORY);

	assert(place != NULL && reason != NULL && reason_size > 0 && keystore_out != NULL);
	reason[0] = '\0';
	keystore = calloc(1, sizeof(*keystore));
	if (keystore == NULL)
		goto out;
	keystore->lock_fd = -1;
	keystore->has_lock = pthread_mutex_init(&keystore->lock, NULL) == 0;
	if (!keystore->has_lock)
		goto out;
	r = VS_OK;
	if (place->postgres == NULL)
		r = vs_store_lock_take(place->path, reason, reason_size, &keystore->lock_fd);
	if (r.code == VS_E_OK)
		r = vs_store_db_open(&keystore->db, place, VS_STORE_KEYS, reason, reason_size);
	if (r.code == VS_E_OK)
		r = vs_store_db_migrate(&keystore->db, reason, reason_size);
	if (r.code == VS_E_OK)
		r = vs_store_db_prepare(&keystore->db, reason, reason_size);
	if (r.code != VS_E_OK)
		goto out;
	*keystore_out = keystore;
	keystore = NULL;
out:
	if (r.code != VS_E_OK && reason[0] == '\0')
		(void)snprintf(reason, reason_size, "%s", vs_err_text(r.code));
	vs_store_keystore_close(&keystore);
	return r;
}

void
vs_store_keystore_close(struct vs_store_keystore **keystore)
{
	assert(keystore != NULL);
	if (*keystore == NULL)
		return;
	vs_store_db_close(&(*keystore)->db);
	if ((*keystore)->lock_fd >= 0)
		(void)close((*keystore)->lock_fd);
	if ((*keystore)->has_lock)
		(void)pthread_mutex_destroy(&(*keystore)->lock);
	free(*keystore);
	*keystore = NULL;
}

struct vs_keystore
vs_store_keystore_port(struct vs_store_keystore *keystore)
{
	struct vs_keystore port = {.self = keystore,
	                           .apply = vs_store_keystore_apply,
	                           .used = vs_store_keystore_used,
	                           .checkpoint = vs_store_keystore_checkpoint,
	                           .purge = vs_store_keystore_purge};

	assert(keystore != NULL);
	vs_store_keystore_readers(&port);
	return port;
}
