/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/rest.h"

#include <pthread.h>
#include <stdatomic.h>

#include "crypto/digest.h"
#include "keys/sealed.h"
#include "test.h"

/* --- a key service whose keys are known --------------------------------------------------------
 */

#define DEK 0x01020304u

struct vs_keys {
	atomic_uint asked_seal, asked_open, asked_index, prepared;
	uint32_t dek_id, destroyed;
	atomic_ullong used;
	void (*heard)(void *arg, const struct vs_keys_news *);
	void *arg;
	enum vs_err fails;
};
static struct vs_keys keys;

static void
key_of(const char *tenant, uint32_t dek_id, uint8_t key[static VS_KEYS_KEY_SIZE])
{
	memset(key, (int)dek_id, VS_KEYS_KEY_SIZE);
	key[0] = (uint8_t)tenant[0];
}

vs_result
vs_keys_dek_prepare(struct vs_keys *k, const struct vs_keys_subject *subjects, size_t count,
                    int64_t at_ms)
{
	(void)at_ms;
	CHECK(subjects[0].tenant[0] != '\0');
	k->prepared += (unsigned)count;
	return (vs_result){k->fails};
}

vs_result
vs_keys_dek_seal(struct vs_keys *k, const char *tenant, const char *subject, int64_t at_ms,
                 uint32_t *dek_id_out, uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	(void)subject, (void)at_ms;
	k->asked_seal++;
	key_of(tenant, k->dek_id, key_out);
	*dek_id_out = k->dek_id;
	return (vs_result){k->fails};
}

vs_result
vs_keys_dek_open(struct vs_keys *k, const char *tenant, uint32_t dek_id,
                 uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	k->asked_open++;
	if (k->fails != VS_E_OK)
		return (vs_result){k->fails};
	if (dek_id != DEK && dek_id != DEK + 1)
		return VS_FAIL(NOT_FOUND);
	if (dek_id == k->destroyed)
		return VS_FAIL(FORBIDDEN);
	key_of(tenant, dek_id, key_out);
	return VS_OK;
}

vs_result
vs_keys_index_key(struct vs_keys *k, const char *tenant, uint8_t key_out[static VS_KEYS_KEY_SIZE])
{
	k->asked_index++;
	key_of(tenant, 9, key_out);
	return (vs_result){k->fails};
}

vs_result
vs_keys_dek_used(struct vs_keys *k, const char *tenant, uint32_t dek_id, uint64_t seals)
{
	CHECK(strcmp(tenant, "default") == 0 && dek_id == k->dek_id);
	k->used += seals;
	return VS_OK;
}

void
vs_keys_listen(struct vs_keys *k, void (*heard)(void *arg, const struct vs_keys_news *), void *arg)
{
	k->heard = heard;
	k->arg = arg;
}

/* --- tests ------------------------------------------------------------------------------------ */

static struct vs_keys_rest *rest;
static struct vs_port_seal port;
static struct vs_buf sealed, plain;

static void
start(void)
{
	memset(&keys, 0, sizeof(keys));
	keys.dek_id = DEK;
	CHECK_OK(vs_keys_rest_new(&keys, &rest));
	port = vs_keys_rest_port(rest);
	vs_buf_init(&sealed, 4096);
	vs_buf_init(&plain, 4096);
}

static void
stop(void)
{
	vs_buf_done(&sealed);
	vs_buf_done(&plain);
	vs_keys_rest_free(&rest);
	CHECK(rest == NULL);
	vs_keys_rest_free(&rest);
}

static struct vs_core_cell
cell(void)
{
	return (struct vs_core_cell){"default", "tx_event", "payload", VS_BYTES_LITERAL("row 1")};
}

static void
seal(const char *text)
{
	struct vs_core_cell place = cell();

	vs_buf_reset(&sealed);
	CHECK_OK(port.seal(port.self, &place, "CS1", 1000, vs_bytes_from_text(text), &sealed));
}

static void
refused(const struct vs_core_cell *place)
{
	vs_buf_reset(&plain);
	CHECK_ERR(port.open(port.self, place, vs_buf_view(&sealed), &plain), NOT_AUTHENTIC);
	CHECK(plain.size == 0);
}

static void
opened(const char *text)
{
	struct vs_core_cell place = cell();

	vs_buf_reset(&plain);
	CHECK_OK(port.open(port.self, &place, vs_buf_view(&sealed), &plain));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), text));
}

static void
what_was_sealed_opens_in_its_place_only(void)
{
	struct vs_core_cell other;

	start();
	seal("hello");
	CHECK(sealed.size == 5 + VS_KEYS_SEALED_OVERHEAD);
	opened("hello");
	other = cell(), other.tenant = "elsewhere", refused(&other);
	other = cell(), other.table = "event", refused(&other);
	other = cell(), other.column = "token", refused(&other);
	other = cell(), other.row = VS_BYTES_LITERAL("row 2"), refused(&other);
	other = cell(), other.row.size = 0, refused(&other);
	/* What moves from one field to the next is another place, too. */
	other = cell(), other.table = "tx_eventp", other.column = "ayload", refused(&other);
	seal("");
	opened("");
	stop();
}

static void
each_altered_byte_is_one_and_the_same_error(void)
{
	struct vs_core_cell place = cell();

	start();
	seal("hello");
	for (size_t i = 0; i < sealed.size; i++) {
		sealed.data[i] ^= 1; /* of the data key's number, one gives the next key */
		refused(&place);
		sealed.data[i] ^= 1;
	}
	for (; sealed.size > 0; sealed.size--) {
		if (sealed.size < 5 + VS_KEYS_SEALED_OVERHEAD)
			refused(&place);
	}
	stop();
}

/* The bytes of doc/protocol/at-rest.md, put together by hand. */
static void
is_sealed_as_written_down(void)
{
	static const uint8_t aad[] = "voltseal/rest/v1\0"
				     "\0\7default\0\10tx_event\0\7payload\0\5row 1\1\2\3\4";
	uint8_t key[VS_KEYS_KEY_SIZE], text[5];
	struct vs_keys_sealed envelope;
	struct vs_aead *aead = NULL;

	start();
	seal("hello");
	CHECK_OK(vs_keys_sealed_read(vs_buf_view(&sealed), &envelope));
	CHECK(envelope.dek_id == DEK && envelope.suite == VS_AEAD_AES256GCM);
	key_of("default", DEK, key);
	CHECK_OK(vs_aead_new(VS_AEAD_AES256GCM, key, &aead));
	CHECK_OK(vs_aead_open(aead, envelope.nonce, vs_bytes_from(aad, sizeof(aad) - 1),
	                      envelope.sealed, text));
	CHECK(memcmp(text, "hello", 5) == 0);
	vs_aead_free(&aead);
	stop();
}

static void
asks_for_a_key_once(void)
{
	const struct vs_core_subject subjects[] = {{"default", "CS1"}, {"default", "CS2"}};

	start();
	CHECK_OK(port.prepare(port.self, subjects, 2, 1000));
	CHECK(keys.prepared == 2);
	for (int i = 0; i < 100; i++) {
		seal("hello");
		opened("hello");
	}
	CHECK(keys.asked_seal == 1 && keys.asked_open == 1);
	CHECK_OK(port.prepare(port.self, subjects, 2, 1000)); /* CS1 is at hand */
	CHECK(keys.prepared == 3);
	CHECK_OK(port.prepare(port.self, subjects, 0, 1000));
	stop();
}

static void
what_was_destroyed_is_forgotten_at_once(void)
{
	struct vs_core_cell place = cell();

	start();
	seal("hello");
	opened("hello");
	keys.destroyed = DEK;
	keys.dek_id = DEK + 1;
	keys.heard(keys.arg, &(struct vs_keys_news){.what = VS_KEYS_NEWS_REVOKED});
	opened("hello"); /* nothing of data keys */
	keys.heard(keys.arg, &(struct vs_keys_news){.what = VS_KEYS_NEWS_DESTROYED,
	                                            .tenant = "default",
	                                            .kind = "dek",
	                                            .subject = "CS1"});
	vs_buf_reset(&plain);
	CHECK_ERR(port.open(port.self, &place, vs_buf_view(&sealed), &plain), FORBIDDEN);
	seal("again"); /* under the new one */
	CHECK(sealed.data[5] == (DEK & 0xff) + 1);
	opened("again");
	stop();
}

static void
a_key_that_cannot_be_had_is_its_error(void)
{
	struct vs_core_cell place = cell();
	const struct vs_core_subject subject = {"default", "CS1"};
	uint8_t index[16];

	start();
	seal("hello");
	keys.fails = VS_E_CLOSED;
	vs_keys_rest_forget(rest);
	CHECK_ERR(port.open(port.self, &place, vs_buf_view(&sealed), &plain), CLOSED);
	CHECK_ERR(port.seal(port.self, &place, "CS1", 0, vs_bytes_from(NULL, 0), &sealed), CLOSED);
	CHECK_ERR(port.prepare(port.self, &subject, 1, 0), CLOSED);
	CHECK_ERR(port.blind(port.self, "default", "token", vs_bytes_from("a", 1), index), CLOSED);
	keys.fails = VS_E_OK;
	opened("hello");
	CHECK_OK(port.blind(port.self, "default", "token", vs_bytes_from("a", 1), index));
	stop();
}

/* 20 expected: that it is none, or more than four times as many, is less likely than 1e-8. */
static void
about_all_seals_are_counted(void)
{
	start();
	for (int i = 0; i < 20 * 65536; i++)
		seal("x");
	CHECK(keys.used > 0 && keys.used < UINT64_C(80) * 65536);
	CHECK(keys.used % 65536 == 0 && keys.asked_seal == 1);
	stop();
}

static void
a_blind_index_is_of_tenant_and_column(void)
{
	uint8_t a[16], b[16], key[VS_KEYS_KEY_SIZE], mac[VS_SHA256_SIZE];

	start();
	CHECK_OK(port.blind(port.self, "default", "token", VS_BYTES_LITERAL("04e2"), a));
	CHECK_OK(port.blind(port.self, "default", "token", VS_BYTES_LITERAL("04e2"), b));
	CHECK(memcmp(a, b, 16) == 0 && keys.asked_index == 1);
	key_of("default", 9, key);
	CHECK_OK(vs_crypto_hmac_sha256(vs_bytes_from(key, sizeof(key)),
	                               VS_BYTES_LITERAL("token\0"
	                                                "04e2"),
	                               mac));
	CHECK(memcmp(a, mac, 16) == 0);
	CHECK_OK(port.blind(port.self, "other", "token", VS_BYTES_LITERAL("04e2"), b));
	CHECK(memcmp(a, b, 16) != 0);
	CHECK_OK(port.blind(port.self, "default", "group", VS_BYTES_LITERAL("04e2"), b));
	CHECK(memcmp(a, b, 16) != 0);
	stop();
}

static void *
seal_and_open(void *arg)
{
	struct vs_core_cell place = cell();
	struct vs_buf mine, text;

	(void)arg;
	vs_buf_init(&mine, 4096);
	vs_buf_init(&text, 4096);
	for (int i = 0; i < 200; i++) {
		vs_buf_reset(&mine);
		vs_buf_reset(&text);
		CHECK_OK(port.open(port.self, &place, vs_buf_view(&sealed), &text));
		CHECK_OK(port.seal(port.self, &place, "CS1", 1000, vs_buf_view(&text), &mine));
		CHECK_OK(port.open(port.self, &place, vs_buf_view(&mine), &text));
		CHECK(vs_bytes_equal_text(vs_buf_view(&text), "hellohello"));
		if (i % 50 == 0)
			vs_keys_rest_forget(rest);
	}
	vs_buf_done(&mine);
	vs_buf_done(&text);
	return NULL;
}

static void
threads_do_not_share_contexts(void)
{
	pthread_t threads[3];

	start();
	seal("hello");
	opened("hello");
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, seal_and_open, NULL) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	opened("hello");
	stop();
}

int
main(void)
{
	CASE(what_was_sealed_opens_in_its_place_only);
	CASE(each_altered_byte_is_one_and_the_same_error);
	CASE(is_sealed_as_written_down);
	CASE(asks_for_a_key_once);
	CASE(what_was_destroyed_is_forgotten_at_once);
	CASE(a_key_that_cannot_be_had_is_its_error);
	CASE(about_all_seals_are_counted);
	CASE(a_blind_index_is_of_tenant_and_column);
	CASE(threads_do_not_share_contexts);
	return 0;
}
