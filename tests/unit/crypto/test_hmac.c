/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"

#include "hex.h"

/* RFC 4231 4.2 to 4.8; each as one part, and cut into two at each place. */
static const struct known {
	const char *key, *data, *mac;
} knowns[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "d"
     "dddddd",
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdc"
     "d"
     "cdcdcd",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
};

static void
known_answers(void)
{
	for (size_t i = 0; i < sizeof(knowns) / sizeof(knowns[0]); i++) {
		struct hex key = hex(knowns[i].key), data = hex(knowns[i].data);
		struct vs_hmac *hmac = NULL;
		uint8_t mac[VS_SHA256_SIZE];

		CHECK_OK(vs_hmac_new(hex_view(&key), &hmac));
		for (size_t cut = 0; cut <= data.size; cut++) {
			CHECK_OK(vs_hmac_begin(hmac));
			CHECK_OK(vs_hmac_add(hmac, vs_bytes_from(data.data, cut)));
			CHECK_OK(
			    vs_hmac_add(hmac, vs_bytes_from(data.data + cut, data.size - cut)));
			CHECK_OK(vs_hmac_end(hmac, mac));
			CHECK(hex_equal(mac, sizeof(mac), knowns[i].mac));
		}
		CHECK_OK(vs_hmac_of(hmac, hex_view(&data), mac));
		CHECK(hex_equal(mac, sizeof(mac), knowns[i].mac));
		vs_hmac_free(&hmac);
		CHECK(hmac == NULL);
	}
}

/* A message that was not ended leaves nothing behind. */
static void
begin_starts_anew(void)
{
	struct hex key = hex(knowns[1].key), data = hex(knowns[1].data);
	struct vs_hmac *hmac = NULL;
	uint8_t mac[VS_SHA256_SIZE];

	CHECK_OK(vs_hmac_new(hex_view(&key), &hmac));
	CHECK_OK(vs_hmac_begin(hmac));
	CHECK_OK(vs_hmac_add(hmac, VS_BYTES_LITERAL("something else")));
	CHECK_OK(vs_hmac_of(hmac, hex_view(&data), mac));
	CHECK(hex_equal(mac, sizeof(mac), knowns[1].mac));
	vs_hmac_free(&hmac);
}

static void
empty_key_and_message(void)
{
	struct vs_hmac *hmac = NULL;
	uint8_t mac[VS_SHA256_SIZE];

	CHECK_OK(vs_hmac_new(vs_bytes_from(NULL, 0), &hmac));
	CHECK_OK(vs_hmac_of(hmac, vs_bytes_from(NULL, 0), mac));
	CHECK(hex_equal(mac, sizeof(mac),
	                "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
	vs_hmac_free(&hmac);
	vs_hmac_free(&hmac);
}

int
main(void)
{
	CASE(known_answers);
	CASE(begin_starts_anew);
	CASE(empty_key_and_message);
	return 0;
}
