/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/compat.h"
#include "test.h"

static struct vs_pkey *key, *other;
static const uint8_t secret[VS_PROVISION_SECRET_SIZE] = {1, 2, 3};

static void
fill(struct vs_provision_e1 *message)
{
	vs_provision_e1_init(message);
	memcpy(message->device, "sal01", 6);
	memcpy(message->action, "update", 7);
	memcpy(message->user, "1", 2);
}

static void
proofs(void)
{
	uint8_t proof[VS_PROVISION_PROOF_SIZE], changed[VS_PROVISION_PROOF_SIZE];
	const uint8_t wrong[VS_PROVISION_SECRET_SIZE] = {1, 2, 4};
	struct vs_provision_e1 message;

	fill(&message);
	CHECK_OK(vs_provision_e1_proof(secret, key, &message, proof));
	CHECK_OK(vs_provision_e1_proof(secret, key, &message, changed));
	CHECK(memcmp(proof, changed, sizeof(proof)) == 0);
	/* Another receiver, another secret, another word, another key for the answer. */
	CHECK_OK(vs_provision_e1_proof(secret, other, &message, changed));
	CHECK(memcmp(proof, changed, sizeof(proof)) != 0);
	CHECK_OK(vs_provision_e1_proof(wrong, key, &message, changed));
	CHECK(memcmp(proof, changed, sizeof(proof)) != 0);
	message.user[0] = '2';
	CHECK_OK(vs_provision_e1_proof(secret, key, &message, changed));
	CHECK(memcmp(proof, changed, sizeof(proof)) != 0);
	message.user[0] = '1';
	message.public_key[0] = 'x';
	CHECK_OK(vs_provision_e1_proof(secret, key, &message, changed));
	CHECK(memcmp(proof, changed, sizeof(proof)) != 0);
	message.public_key[0] = '\0';
	CHECK_OK(vs_buf_append_text(&message.csr, "x"));
	CHECK_OK(vs_provision_e1_proof(secret, key, &message, changed));
	CHECK(memcmp(proof, changed, sizeof(proof)) != 0);
	vs_provision_e1_done(&message);
}

static void
keys_as_pem(void)
{
	char pem[VS_PROVISION_E1_KEY_SIZE], again[VS_PROVISION_E1_KEY_SIZE];
	struct vs_pkey *back = NULL;

	CHECK_OK(vs_provision_e1_key_write(key, pem));
	CHECK_OK(vs_pkey_read_public(vs_bytes_from_text(pem), &back));
	CHECK_OK(vs_provision_e1_key_write(back, again));
	CHECK(strcmp(pem, again) == 0);
	vs_pkey_free(&back);
}

static void
all_members(void)
{
	struct vs_provision_e1 message, back;
	struct vs_buf plain;

	fill(&message);
	vs_provision_e1_init(&back);
	memset(message.proof, 7, sizeof(message.proof));
	CHECK_OK(vs_provision_e1_key_write(key, message.public_key));
	CHECK_OK(vs_buf_append_text(&message.csr, "line\nline\n"));
	vs_buf_init(&plain, 8192);
	CHECK_OK(vs_provision_e1_write(&message, &plain));
	CHECK_OK(vs_provision_e1_read(vs_buf_view(&plain), &back));
	CHECK(strcmp(back.public_key, message.public_key) == 0);
	CHECK(memcmp(back.proof, message.proof, sizeof(back.proof)) == 0);
	CHECK(vs_bytes_equal_text(vs_buf_view(&back.csr), "line\nline\n"));
	vs_provision_e1_done(&back);
	vs_provision_e1_init(&back);
	CHECK(vs_provision_e1_read(
		  VS_BYTES_LITERAL(
		      "{\"device_id\":\"a\",\"action\":\"b\",\"user_id\":\"c\",\"x\":1}"),
		  &back)
	          .code == VS_E_UNEXPECTED);
	vs_buf_done(&plain);
	vs_provision_e1_done(&message);
	vs_provision_e1_done(&back);
}

static void
answers(void)
{
	struct vs_provision_e1_key answer = {"sal01", "", "1"}, back;
	struct vs_buf text;

	vs_buf_init(&text, 4096);
	CHECK_OK(vs_provision_e1_answer_write(&answer, &text));
	CHECK(vs_bytes_equal_text(
	    vs_buf_view(&text), "{\"device_id\":\"sal01\",\"public_key\":\"\",\"user_id\":\"1\"}"));
	CHECK_OK(vs_provision_e1_answer_read(vs_buf_view(&text), &back));
	CHECK(strcmp(back.device, "sal01") == 0 && back.public_key[0] == '\0');
	CHECK_ERR(vs_provision_e1_answer_read(VS_BYTES_LITERAL("{}"), &back), MISSING);
	vs_buf_done(&text);
}

static void
topics(void)
{
	static const char *const bad[] = {
	    "provision/",          "provision//update", "provision/a/",
	    "provision/a/reboot",  "provision/a",       "keys/a/public",
	    "provision/a/update/", "prov/v2/t/c/req",   ""};
	struct vs_provision_e1_topic topic;
	char text[VS_PROVISION_TOPIC_SIZE];

	CHECK_OK(vs_provision_e1_topic_parse(VS_BYTES_LITERAL("provision/sal01/update"), &topic));
	CHECK(strcmp(topic.device, "sal01") == 0 && strcmp(topic.action, "update") == 0);
	vs_provision_e1_topic_make("sal01", "response", text);
	CHECK(strcmp(text, "provision/sal01/response") == 0);
	vs_provision_e1_key_topic("sal01", text);
	CHECK(strcmp(text, "keys/sal01/public") == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(vs_provision_e1_topic_parse(vs_bytes_from_text(bad[i]), &topic).code ==
		      VS_E_BAD_VALUE);
	/* A name longer than any identity. */
	CHECK(vs_provision_e1_topic_parse(
		  VS_BYTES_LITERAL(
		      "provision/0123456789012345678901234567890123456789012345678/update"),
		  &topic)
	          .code == VS_E_BAD_VALUE);
}

static void
forms(void)
{
	struct vs_envelope_form form;

	CHECK_OK(vs_provision_e1_form_parse("sha1-16-16", &form));
	CHECK(form.hash == VS_ENVELOPE_SHA1 && form.nonce_size == 16 && form.key_size == 16);
	CHECK_OK(vs_provision_e1_form_parse("sha256-12-32", &form));
	CHECK(form.hash == VS_ENVELOPE_SHA256 && form.nonce_size == 12 && form.key_size == 32);
	CHECK_ERR(vs_provision_e1_form_parse("sha256-12-24", &form), BAD_VALUE);
	CHECK_ERR(vs_provision_e1_form_parse("", &form), BAD_VALUE);
}

int
main(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &key));
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &other));
	CASE(proofs);
	CASE(keys_as_pem);
	CASE(all_members);
	CASE(answers);
	CASE(topics);
	CASE(forms);
	vs_pkey_free(&key);
	vs_pkey_free(&other);
	return 0;
}
