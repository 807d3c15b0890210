/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pin.h"

#include <openssl/x509_vfy.h>

#include "ca.h"
#include "crypto/x509_private.h"

static void
texts(void)
{
	static const uint8_t zero[32] = {0}, one[32] = {[31] = 1};
	struct vs_pin_set set = {.count = 0};
	char a[VS_PIN_TEXT_SIZE], b[VS_PIN_TEXT_SIZE], both[2 * VS_PIN_TEXT_SIZE];

	vs_pin_text(zero, a);
	vs_pin_text(one, b);
	CHECK(strcmp(a, "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") == 0);
	(void)snprintf(both, sizeof(both), "%s,%s", a, b);
	CHECK_OK(vs_pin_set_parse(vs_bytes_from_text(both), &set));
	CHECK(set.count == 2 && vs_pin_set_has(&set, zero) && vs_pin_set_has(&set, one));
	CHECK_ERR(vs_pin_set_parse(vs_bytes_from_text(a), &set), EXISTS);
	CHECK_ERR(vs_pin_set_parse(VS_BYTES_LITERAL(""), &set), BAD_ENCODING);
	a[0] = 'S';
	CHECK_ERR(vs_pin_set_parse(vs_bytes_from_text(a), &set), BAD_ENCODING);
	vs_pin_text(zero, a);
	a[50] = 'A'; /* 33 bytes */
	CHECK(vs_pin_set_parse(vs_bytes_from_text(a), &set).code != VS_E_OK);
	CHECK(set.count == 2);
}

static void
not_more_than_the_set_holds(void)
{
	struct vs_pin_set set = {.count = 0};
	char text[VS_PIN_TEXT_SIZE];
	uint8_t pin[32] = {0};

	for (uint8_t i = 0; i < VS_PIN_MAX; i++) {
		pin[0] = i;
		vs_pin_text(pin, text);
		CHECK_OK(vs_pin_set_parse(vs_bytes_from_text(text), &set));
	}
	pin[0] = 200;
	vs_pin_text(pin, text);
	CHECK_ERR(vs_pin_set_parse(vs_bytes_from_text(text), &set), TOO_LONG);
}

/* A verified chain passes by any of its keys; by none of another chain. */
static void
chains(void)
{
	struct ca ca, other;
	struct vs_x509_cert *leaf;
	struct vs_pin_set set = {.count = 0};
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *verification = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();

	ca_make(&ca, VS_X509_P256);
	ca_make(&other, VS_X509_P256);
	leaf = ca_leaf(&ca, VS_X509_server, "localhost", VS_X509_P256, NULL);
	CHECK(X509_STORE_add_cert(store, ca.root->x509) == 1);
	CHECK(sk_X509_push(between, ca.cert->x509) == 1);
	CHECK(X509_STORE_CTX_init(verification, store, leaf->x509, between) == 1);
	CHECK(X509_verify_cert(verification) == 1);
	CHECK(vs_pin_chain_passes(&set, verification)); /* nothing is pinned */
	set.count = 1;
	CHECK_OK(vs_x509_key_spki_sha256(other.key, set.sha256[0]));
	CHECK(!vs_pin_chain_passes(&set, verification));
	set.count = 2;
	CHECK_OK(vs_x509_key_spki_sha256(ca.key, set.sha256[1]));
	CHECK(vs_pin_chain_passes(&set, verification));
	sk_X509_free(between);
	X509_STORE_CTX_free(verification);
	X509_STORE_free(store);
	vs_x509_cert_free(&leaf);
	ca_done(&ca);
	ca_done(&other);
}

int
main(void)
{
	CASE(texts);
	CASE(not_more_than_the_set_holds);
	CASE(chains);
	return 0;
}
