/* SPDX-License-Identifier: Apache-2.0 */
/* What keyed objects do when an acquisition of ours fails: say so, leak nothing, and append nothing
 * to a buffer. */
#include "crypto/aead.h"
#include "crypto/cbc.h"
#include "crypto/fernet.h"
#include "crypto/hmac.h"
#include "crypto/v1m.h"
#include "fault.h"

static const uint8_t key[32] = {1};

static void
test_new(void)
{
	struct vs_aead *aead = NULL;
	struct vs_cbc *cbc = NULL;
	struct vs_fernet *fernet = NULL;
	struct vs_hmac *hmac = NULL;
	struct vs_v1m *v1m = NULL;

	EACH_FAULT(vs_aead_new(VS_AEAD_AES256GCM, key, &aead), NO_MEMORY, CHECK(aead == NULL));
	EACH_FAULT(vs_cbc_new(key, &cbc), NO_MEMORY, CHECK(cbc == NULL));
	EACH_FAULT(vs_hmac_new(vs_bytes_from(key, 32), &hmac), NO_MEMORY, CHECK(hmac == NULL));
	EACH_FAULT(vs_fernet_new(key, &fernet), NO_MEMORY, CHECK(fernet == NULL));
	EACH_FAULT(vs_v1m_new(key, &v1m), NO_MEMORY, CHECK(v1m == NULL));
	vs_aead_free(&aead);
	vs_cbc_free(&cbc);
	vs_hmac_free(&hmac);
	vs_fernet_free(&fernet);
	vs_v1m_free(&v1m);
}

static void
test_fernet(void)
{
	static const struct vs_fernet_window window = {1000, 60, 60};
	struct vs_fernet *fernet = NULL, *other = NULL;
	struct vs_buf token, plain;

	CHECK_OK(vs_fernet_new(key, &fernet));
	CHECK_OK(vs_fernet_new(key, &other)); /* without a buffer of its own yet */
	vs_buf_init(&token, 4096);
	vs_buf_init(&plain, 4096);
	EACH_FAULT(vs_fernet_seal(fernet, VS_BYTES_LITERAL("text"), 1000, &token), NO_MEMORY,
	           CHECK(token.size == 0));
	EACH_FAULT(vs_fernet_open(other, vs_buf_view(&token), &window, &plain, NULL), NO_MEMORY,
	           CHECK(plain.size == 0));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "text"));
	fault_arm(1); /* warm: acquires nothing */
	vs_buf_reset(&token);
	vs_buf_reset(&plain);
	CHECK_OK(vs_fernet_seal(fernet, VS_BYTES_LITERAL("text"), 1000, &token));
	CHECK_OK(vs_fernet_open(fernet, vs_buf_view(&token), &window, &plain, NULL));
	fault_arm(0);
	vs_buf_done(&token);
	vs_buf_done(&plain);
	vs_fernet_free(&fernet);
	vs_fernet_free(&other);
}

static void
test_v1m(void)
{
	struct vs_v1m_reading reading = {VS_BYTES_LITERAL("s"), VS_BYTES_LITERAL("u"), {NULL, 0}};
	struct vs_v1m_message message = {VS_BYTES_LITERAL("t"), VS_BYTES_LITERAL("d"), 1, &reading,
	                                 1};
	struct vs_v1m *v1m = NULL, *other = NULL;
	uint8_t mac[VS_V1M_MAC_SIZE];
	struct vs_buf value, plain;
	size_t size = 0;

	CHECK_OK(vs_v1m_new(key, &v1m));
	CHECK_OK(vs_v1m_new(key, &other));
	vs_buf_init(&value, 4096);
	vs_buf_init(&plain, 4096);
	EACH_FAULT(vs_v1m_seal_value(v1m, VS_BYTES_LITERAL("21.5"), &value), NO_MEMORY,
	           CHECK(value.size == 0));
	reading.value = vs_buf_view(&value);
	CHECK_OK(vs_v1m_mac(v1m, &message, mac));
	EACH_FAULT(vs_v1m_open(other, &message, vs_bytes_from(mac, sizeof(mac)), &plain, &size),
	           NO_MEMORY, CHECK(plain.size == 0));
	CHECK(vs_bytes_equal_text(vs_buf_view(&plain), "21.5"));
	vs_buf_done(&value);
	vs_buf_done(&plain);
	vs_v1m_free(&v1m);
	vs_v1m_free(&other);
}

int
main(void)
{
	CASE(test_new);
	CASE(test_fernet);
	CASE(test_v1m);
	return 0;
}
