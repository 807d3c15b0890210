/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/tls_session.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/tls_verify.h"

enum { SHARDS = 16, BUCKETS = 1024, ID_SIZE = 32 };
static_assert(ID_SIZE == SSL_MAX_SSL_SESSION_ID_LENGTH, "ids are the longest there are");

/* DER with the master secret in it: wiped when dropped. */
struct session {
	struct session *next_in_bucket;
	struct session *older, *newer;
	struct vs_tls_identity *identity; /* NULL: the peer showed no certificate */
	uint8_t id[ID_SIZE];
	uint32_t der_size;
	uint8_t der[];
};

struct shard {
	pthread_mutex_t lock;
	struct session *oldest, *newest;
	size_t count;
	struct session *buckets[BUCKETS];
};

struct table {
	uint32_t lifetime_s;
	struct shard shards[SHARDS];
};

static int context_index, session_index; /* where OpenSSL keeps our pointers */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* --- one session ------------------------------------------------------------------------------ */

static void
drop(struct session *session)
{
	if (session == NULL)
		return;
	vs_tls_identity_unref(&session->identity);
	explicit_bzero(session->der, session->der_size);
	free(session);
}

/* Size of the DER element at data, header included; 0 when it does not fit. Header size in
 * *header_out. */
static size_t
der_element(const uint8_t *data, size_t size, size_t *header_out)
{
	size_t header = 2, length;

	if (size < 2)
		return 0;
	length = data[1];
	if (length >= 0x80) {
		size_t octets = length & 0x7F;

		if (octets == 0 || octets > 3 || size < 2 + octets)
			return 0;
		header += octets;
		length = 0;
		for (size_t i = 0; i < octets; i++)
			length = length << 8 | data[2 + i];
	}
	if (length > size - header)
		return 0;
	*header_out = header;
	return header + length;
}

/* SSL_SESSION is a SEQUENCE in which [3] is the peer's certificate. Take it out, in place; 0 on
 * surprise. */
static size_t
strip_certificate(uint8_t *der, size_t size)
{
	const uint8_t peer_tag = 0xA3;
	size_t header, from, left;
	uint8_t new_header[4] = {0x30, 0x82, 0, 0};

	if (der_element(der, size, &header) != size || der[0] != 0x30)
		return 0;
	for (from = header; from < size; from += left) {
		size_t inner;

		left = der_element(der + from, size - from, &inner);
		if (left == 0)
			return 0;
		if (der[from] != peer_tag)
			continue;
		memmove(der + from, der + from + left, size - from - left);
		size -= left;
		if (header != sizeof(new_header)) /* a certificate makes it longer than 255 bytes */
			return 0;
		new_header[2] = (uint8_t)((size - header) >> 8);
		new_header[3] = (uint8_t)(size - header);
		memcpy(der, new_header, sizeof(new_header));
		return size;
	}
	return size;
}

static struct session *
pack(SSL_SESSION *from, struct vs_tls_identity *identity)
{
	unsigned id_size = 0;
	const unsigned char *id = SSL_SESSION_get_id(from, &id_size);
	int size = i2d_SSL_SESSION(from, NULL);
	uint8_t *der = size > 0 ? malloc((size_t)size) : NULL, *end = der;
	struct session *session = NULL;
	size_t kept = 0;

	if (der == NULL || id_size != ID_SIZE)
		goto out;
	if (i2d_SSL_SESSION(from, &end) != size)
		goto out;
	kept = strip_certificate(der, (size_t)size);
	session = kept > 0 ? malloc(sizeof(*session) + kept) : NULL;
	if (session == NULL)
		goto out;
	*session = (struct session){.der_size = (uint32_t)kept};
	memcpy(session->id, id, ID_SIZE);
	memcpy(session->der, der, kept);
	if (identity != NULL)
		session->identity = vs_tls_identity_ref(identity);
out:
	if (der != NULL)
		explicit_bzero(der, (size_t)size);
	free(der);
	return session;
}

static SSL_SESSION *
unpack(const struct session *session)
{
	const unsigned char *at = session->der;
	SSL_SESSION *out = d2i_SSL_SESSION(NULL, &at, (long)session->der_size);

	if (out == NULL || session->identity == NULL)
		return out;
	if (SSL_SESSION_set_ex_data(out, session_index, session->identity) != 1) {
		SSL_SESSION_free(out);
		return NULL;
	}
	(void)vs_tls_identity_ref(session->identity);
	return out;
}

/* --- the table -------------------------------------------------------------------------------- */

static struct shard *
shard_of(struct table *table, const uint8_t *id)
{
	return &table->shards[id[0] % SHARDS];
}

static struct session **
bucket_of(struct shard *shard, const uint8_t *id)
{
	return &shard->buckets[(id[1] | (size_t)id[2] << 8) % BUCKETS];
}

static struct session *
take_out(struct shard *shard, const uint8_t *id)
{
	for (struct session **at = bucket_of(shard, id); *at != NULL; at = &(*at)->next_in_bucket) {
		struct session *found = *at;

		if (memcmp(found->id, id, ID_SIZE) != 0) /* ids are public: they travel in clear */
			continue;
		*at = found->next_in_bucket;
		*(found->older != NULL ? &found->older->newer : &shard->oldest) = found->newer;
		*(found->newer != NULL ? &found->newer->older : &shard->newest) = found->older;
		shard->count--;
		return found;
	}
	return NULL;
}

static void
put_in(struct shard *shard, struct session *session)
{
	struct session **bucket = bucket_of(shard, session->id);

	session->next_in_bucket = *bucket;
	*bucket = session;
	session->older = shard->newest;
	session->newer = NULL;
	*(shard->newest != NULL ? &shard->newest->newer : &shard->oldest) = session;
	shard->newest = session;
	shard->count++;
}

static void
store(struct table *table, struct session *session)
{
	struct shard *shard = shard_of(table, session->id);
	struct session *same, *dropped = NULL;

	(void)pthread_mutex_lock(&shard->lock);
	same = take_out(shard, session->id);
	if (shard->count >= VS_LIMIT_TLS_SESSIONS / SHARDS)
		dropped = take_out(shard, shard->oldest->id);
	put_in(shard, session);
	(void)pthread_mutex_unlock(&shard->lock);
	drop(same);
	drop(dropped);
}

static void
forget(struct table *table, const uint8_t *id)
{
	struct shard *shard = shard_of(table, id);
	struct session *gone;

	(void)pthread_mutex_lock(&shard->lock);
	gone = take_out(shard, id);
	(void)pthread_mutex_unlock(&shard->lock);
	drop(gone);
}

static void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *shard = &table->shards[i];

		while (shard->oldest != NULL)
			drop(take_out(shard, shard->oldest->id));
		(void)pthread_mutex_destroy(&shard->lock);
	}
	free(table);
}

/* --- callbacks of OpenSSL --------------------------------------------------------------------- */

static void
context_freed(void *parent, void *ours, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	table_free(ours);
}

static void
session_freed(void *parent, void *ours, CRYPTO_EX_DATA *data, int index, long argl, void *argp)
{
	struct vs_tls_identity *identity = ours;

	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	vs_tls_identity_unref(&identity);
}

/* TLS 1.3 copies the session for each ticket it issues on resume. */
static int
session_copied(CRYPTO_EX_DATA *to, const CRYPTO_EX_DATA *from, void **ours, int index, long argl,
               void *argp)
{
	(void)to;
	(void)from;
	(void)index;
	(void)argl;
	(void)argp;
	if (*ours != NULL)
		(void)vs_tls_identity_ref(*ours);
	return 1;
}

static void
get_indexes(void)
{
	context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, context_freed);
	session_index = SSL_SESSION_get_ex_new_index(0, NULL, NULL, session_copied, session_freed);
}

/* Borrowed; NULL when the peer showed no certificate. */
static vs_result
identity_of(SSL *ssl, SSL_SESSION *session, struct vs_tls_identity **identity_out)
{
	struct vs_tls_identity *identity = SSL_SESSION_get_ex_data(session, session_index);
	X509 *certificate;

	if (identity == NULL) {
		certificate = SSL_get0_peer_certificate(ssl);
		if (certificate == NULL)
			return VS_OK;
		identity = vs_tls_verify_identity(ssl);
		if (identity != NULL)
			(void)vs_tls_identity_ref(identity);
		else
			VS_TRY(vs_tls_identity_new(certificate, NULL, &identity));
		if (SSL_SESSION_set_ex_data(session, session_index, identity) != 1) {
			vs_tls_identity_unref(&identity);
			return VS_FAIL(NO_MEMORY);
		}
	}
	*identity_out = identity;
	return VS_OK;
}

static int64_t
time_of(SSL_SESSION *session)
{
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
	return SSL_SESSION_get_time_ex(session);
#else
	return SSL_SESSION_get_time(session);
#endif
}

static int
session_made(SSL *ssl, SSL_SESSION *session)
{
	struct table *table = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
	struct vs_tls_identity *identity = NULL;
	struct session *packed;

	if (table == NULL || identity_of(ssl, session, &identity).code != VS_E_OK)
		return 0;
	if (identity != NULL) {
		/* A session must not outlive the certificate that it stands for. */
		int64_t left_s = vs_tls_identity_not_after_s(identity) - time_of(session);

		if (left_s < (int64_t)table->lifetime_s)
			(void)SSL_SESSION_set_timeout(session, left_s > 0 ? (long)left_s : 0);
	}
	packed = pack(session, identity);
	if (packed != NULL)
		store(table, packed);
	return 0; /* we keep no reference */
}

static SSL_SESSION *
session_wanted(SSL *ssl, const unsigned char *id, int id_size, int *must_copy)
{
	struct table *table = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
	struct shard *shard;
	struct session *found;
	SSL_SESSION *session = NULL;

	*must_copy = 0; /* our only reference is handed over */
	if (table == NULL || id_size != ID_SIZE)
		return NULL;
	shard = shard_of(table, id);
	(void)pthread_mutex_lock(&shard->lock);
	found = take_out(shard, id);
	if (found != NULL) {
		/* It stays, as the newest: embedded clients keep one ticket for all their
		 * connections. RFC 8446 C.4 asks clients not to, for privacy; without early data
		 * nothing can be replayed. */
		session = unpack(found);
		put_in(shard, found);
	}
	(void)pthread_mutex_unlock(&shard->lock);
	return session;
}

static void
session_dropped(SSL_CTX *context, SSL_SESSION *session)
{
	struct table *table = SSL_CTX_get_ex_data(context, context_index);
	unsigned size = 0;
	const unsigned char *id = SSL_SESSION_get_id(session, &size);

	if (table != NULL && size == ID_SIZE)
		forget(table, id);
}

/* --- public ----------------------------------------------------------------------------------- */

vs_result
vs_tls_session_keep(SSL_CTX *context, uint32_t lifetime_s)
{
	struct table *table;

	(void)pthread_once(&once, get_indexes);
	if (context_index < 0 || session_index < 0)
		return VS_FAIL(NO_MEMORY);
	table = calloc(1, sizeof(*table));
	if (table == NULL)
		return VS_FAIL(NO_MEMORY);
	for (size_t i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&table->shards[i].lock, NULL);
	table->lifetime_s = lifetime_s;
	if (SSL_CTX_set_ex_data(context, context_index, table) != 1) {
		table_free(table);
		return VS_FAIL(NO_MEMORY);
	}
	(void)SSL_CTX_set_timeout(context, (long)lifetime_s);
	(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER |
	                                                  SSL_SESS_CACHE_NO_INTERNAL |
	                                                  SSL_SESS_CACHE_NO_AUTO_CLEAR);
	SSL_CTX_sess_set_new_cb(context, session_made);
	SSL_CTX_sess_set_get_cb(context, session_wanted);
	SSL_CTX_sess_set_remove_cb(context, session_dropped);
	return VS_OK;
}

size_t
vs_tls_session_count(SSL_CTX *context)
{
	struct table *table = SSL_CTX_get_ex_data(context, context_index);
	size_t count = 0;

	for (size_t i = 0; table != NULL && i < SHARDS; i++) {
		(void)pthread_mutex_lock(&table->shards[i].lock);
		count += table->shards[i].count;
		(void)pthread_mutex_unlock(&table->shards[i].lock);
	}
	return count;
}

vs_result
vs_tls_peer_get(SSL *ssl, struct vs_tls_peer *peer_out)
{
	SSL_SESSION *session = SSL_get_session(ssl);
	struct vs_tls_identity *identity = NULL;

	(void)pthread_once(&once, get_indexes);
	if (session != NULL)
		VS_TRY(identity_of(ssl, session, &identity));
	if (identity == NULL)
		return VS_FAIL(NOT_FOUND);
	vs_tls_identity_get(identity, peer_out);
	return VS_OK;
}

vs_result
vs_tls_peer_claimed(SSL *ssl, struct vs_tls_peer *peer_out)
{
	struct vs_tls_identity *identity = vs_tls_verify_identity(ssl);

	if (identity == NULL)
		return VS_FAIL(NOT_FOUND);
	vs_tls_identity_get(identity, peer_out);
	return VS_OK;
}

void
vs_tls_peer_forget(SSL *ssl)
{
	SSL_SESSION *session = SSL_get_session(ssl), *same = session;
	struct vs_tls_identity *identity = NULL;
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl); /* what came with it */
	struct session *packed;
	const unsigned char *at;

	while (chain != NULL && sk_X509_num(chain) > 0)
		X509_free(sk_X509_pop(chain));
	if (session == NULL || SSL_get0_peer_certificate(ssl) == NULL ||
	    identity_of(ssl, session, &identity).code != VS_E_OK)
		return;
	packed = pack(session, identity);
	if (packed == NULL)
		return;
	/* Decoding into a session that exists replaces what it holds: same secrets, no certificate.
	 */
	at = packed->der;
	if (d2i_SSL_SESSION(&same, &at, (long)packed->der_size) == NULL)
		ERR_clear_error();
	drop(packed);
}
