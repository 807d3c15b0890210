/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/compat.h"

#include "e1_made.h"
#include "test.h"

static const struct vs_envelope_form forms[] = {{VS_ENVELOPE_SHA256, 32, 12},
                                                {VS_ENVELOPE_SHA256, 16, 16},
                                                {VS_ENVELOPE_SHA1, 16, 12},
                                                {VS_ENVELOPE_SHA1, 32, 16}};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static struct vs_pkey *key, *other;

static enum vs_err
open_it(const struct vs_pkey *with, const struct vs_envelope_form *form, struct vs_bytes text)
{
	struct vs_buf plain;
	enum vs_err code;

	vs_buf_init(&plain, 4096);
	code = vs_provision_e1_open(with, form, text, &plain).code;
	CHECK(code == VS_E_OK || plain.size == 0);
	vs_buf_done(&plain);
	return code;
}

static void
every_form(void)
{
	struct vs_provision_e1 message;

	vs_provision_e1_init(&message);
	memcpy(message.device, "sal01", 6);
	memcpy(message.action, "update", 7);
	memcpy(message.user, "1", 2);
	for (size_t i = 0; i < FORMS; i++) {
		struct vs_provision_e1 back;
		struct vs_buf plain, text, opened;

		vs_buf_init(&plain, 1024);
		vs_buf_init(&text, 4096);
		vs_buf_init(&opened, 1024);
		CHECK_OK(vs_provision_e1_write(&message, &plain));
		CHECK(vs_bytes_equal_text(
		    vs_buf_view(&plain),
		    "{\"device_id\":\"sal01\",\"action\":\"update\",\"user_id\":\"1\"}"));
		CHECK_OK(vs_provision_e1_seal(key, &forms[i], vs_buf_view(&plain), &text));
		CHECK(memmem(text.data, text.size, "sal01", 5) == NULL);
		CHECK_OK(vs_provision_e1_open(key, &forms[i], vs_buf_view(&text), &opened));
		vs_provision_e1_init(&back);
		CHECK_OK(vs_provision_e1_read(vs_buf_view(&opened), &back));
		CHECK(strcmp(back.device, "sal01") == 0 && strcmp(back.action, "update") == 0);
		/* Another key, another form: one error. */
		CHECK(open_it(other, &forms[i], vs_buf_view(&text)) == VS_E_NOT_AUTHENTIC);
		vs_provision_e1_done(&back);
		for (size_t j = 0; j < FORMS; j++)
			CHECK(open_it(key, &forms[j], vs_buf_view(&text)) ==
			      (i == j ? VS_E_OK : VS_E_NOT_AUTHENTIC));
		vs_buf_done(&plain);
		vs_buf_done(&text);
		vs_buf_done(&opened);
	}
}

static void
no_envelopes(void)
{
	CHECK(open_it(key, &forms[0], VS_BYTES_LITERAL("{}")) == VS_E_MISSING);
	CHECK(open_it(key, &forms[0],
	              VS_BYTES_LITERAL("{\"session_key\":\"\",\"ciphertext\":\"\",\"nonce\":\"\","
	                               "\"tag\":\"\"}")) == VS_E_NOT_AUTHENTIC);
	CHECK(open_it(key, &forms[0],
	              VS_BYTES_LITERAL("{\"session_key\":\"?\",\"ciphertext\":\"\",\"nonce\":\"\","
	                               "\"tag\":\"\"}")) == VS_E_BAD_ENCODING);
	CHECK(open_it(key, &forms[0],
	              VS_BYTES_LITERAL("{\"device_id\":\"a\",\"action\":\"update\"}")) ==
	      VS_E_MISSING);
}

/* python3-cryptography has sealed these. */
static void
of_python(void)
{
	struct vs_pkey *own = NULL;

	CHECK_OK(vs_pkey_read_private(vs_bytes_from_text(e1_key), &own));
	for (size_t i = 0; i < sizeof(e1_made) / sizeof(e1_made[0]); i++) {
		struct vs_provision_e1 message;
		struct vs_buf plain;

		vs_provision_e1_init(&message);
		vs_buf_init(&plain, 1024);
		CHECK_OK(vs_provision_e1_open(own, &e1_made[i].form,
		                              vs_bytes_from_text(e1_made[i].text), &plain));
		CHECK_OK(vs_provision_e1_read(vs_buf_view(&plain), &message));
		CHECK(strcmp(message.device, "sal01") == 0 && strcmp(message.user, "1") == 0);
		vs_buf_done(&plain);
		vs_provision_e1_done(&message);
	}
	vs_pkey_free(&own);
}

int
main(void)
{
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &key));
	CHECK_OK(vs_pkey_new(VS_PKEY_RSA, &other));
	CASE(every_form);
	CASE(no_envelopes);
	CASE(of_python);
	vs_pkey_free(&key);
	vs_pkey_free(&other);
	return 0;
}
