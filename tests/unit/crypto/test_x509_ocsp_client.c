/* SPDX-License-Identifier: Apache-2.0 */
/* The other side: what our client asks is answered by our responder's code and by openssl's, and
 * what is altered, old, foreign or signed by the wrong key is not believed. */
#include "ca.h"
#include "crypto/x509_ocsp.h"
#include "wire/base64.h"

static struct ca ca;
static struct vs_x509_cert *signer, *leaf, *other;
static struct vs_x509_key *signer_key;

struct dialogue {
	uint8_t nonce[VS_X509_OCSP_NONCE_SIZE];
	struct vs_buf asked, answered;
};

static void
ask(struct dialogue *d, const struct vs_x509_cert *cert)
{
	vs_buf_init(&d->asked, 4096);
	vs_buf_init(&d->answered, 65536);
	CHECK_OK(vs_x509_ocsp_ask(cert, ca.cert, &d->asked, d->nonce));
}

static void
done(struct dialogue *d)
{
	vs_buf_done(&d->asked);
	vs_buf_done(&d->answered);
}

static void
answer(struct dialogue *d, enum vs_x509_status status, int64_t at_ms)
{
	const struct vs_x509_ocsp_status what = {status, VS_X509_REASON_RETIRED, 1795000000000};
	struct vs_x509_ocsp_request *request = NULL;

	vs_buf_reset(&d->answered);
	CHECK_OK(vs_x509_ocsp_request_read(vs_buf_view(&d->asked), &request));
	CHECK_OK(vs_x509_ocsp_answer(request, &what, ca.cert, signer, signer_key, at_ms,
	                             at_ms + 3600000, &d->answered));
	vs_x509_ocsp_request_free(&request);
}

static vs_result
read_answer(struct dialogue *d, int64_t now_ms, struct vs_x509_ocsp_status *status)
{
	int64_t until_ms = 0;

	return vs_x509_ocsp_read(vs_buf_view(&d->answered), leaf, ca.cert, d->nonce, now_ms, status,
	                         &until_ms);
}

static void
all_statuses(void)
{
	for (int i = 0; i < 3; i++) {
		struct vs_x509_ocsp_status status = {0};
		struct dialogue d;

		ask(&d, leaf);
		answer(&d, (enum vs_x509_status)i, ca_now());
		CHECK_OK(read_answer(&d, ca_now(), &status));
		CHECK((int)status.status == i);
		if (status.status == VS_X509_STATUS_REVOKED)
			CHECK(status.reason == VS_X509_REASON_RETIRED &&
			      status.at_ms == 1795000000000);
		done(&d);
	}
}

static void
not_believed(void)
{
	struct vs_x509_ocsp_status status = {0};
	struct dialogue d, twin;

	ask(&d, leaf);
	answer(&d, VS_X509_STATUS_GOOD, ca_now());
	CHECK_ERR(read_answer(&d, ca_now() - 1800000, &status), STALE);
	CHECK_ERR(read_answer(&d, ca_now() + 2 * 3600000, &status), STALE);
	/* An answer to another question: the nonce is not ours. */
	ask(&twin, leaf);
	answer(&twin, VS_X509_STATUS_GOOD, ca_now());
	memcpy(twin.nonce, d.nonce, sizeof(d.nonce));
	CHECK_ERR(read_answer(&twin, ca_now(), &status), NOT_AUTHENTIC);
	done(&twin);
	/* About another certificate. */
	ask(&twin, other);
	answer(&twin, VS_X509_STATUS_GOOD, ca_now());
	CHECK_ERR(read_answer(&twin, ca_now(), &status), NOT_AUTHENTIC);
	done(&twin);
	/* Altered, in each tenth byte: never believed. */
	for (size_t i = 0; i < d.answered.size; i += 10) {
		d.answered.data[i] ^= 1;
		CHECK(read_answer(&d, ca_now(), &status).code != VS_E_OK || i < 8);
		d.answered.data[i] ^= 1;
	}
	vs_buf_reset(&d.answered);
	CHECK_OK(vs_x509_ocsp_refuse(VS_X509_OCSP_TRY_LATER, &d.answered));
	CHECK_ERR(read_answer(&d, ca_now(), &status), BAD_MESSAGE);
	vs_buf_reset(&d.answered);
	CHECK_ERR(read_answer(&d, ca_now(), &status), BAD_MESSAGE);
	done(&d);
}

/* openssl as the responder: signed by the issuing CA itself, and by a certificate that may not. */
static void
openssl_answers(void)
{
	struct vs_x509_ocsp_status status = {0};
	struct dialogue d;
	uint8_t der[8192];
	size_t size;

	ask(&d, leaf);
	ca_write("request.der", d.asked.data, d.asked.size);
	CHECK(ca_shell(
	    "openssl x509 -in leaf.pem -noout -serial | sed 's/serial=//' >serial && "
	    "printf 'V\\t470101000000Z\\t\\t%%s\\tunknown\\t/CN=CS-1\\n' \"$(cat serial)\" "
	    ">index.txt"));
	CHECK(
	    ca_shell("openssl ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -reqin "
	             "request.der -respout answer.der -ndays 1 >/dev/null 2>&1"));
	size = ca_read("answer.der", der, sizeof(der));
	CHECK_OK(vs_buf_append(&d.answered, der, size));
	CHECK_OK(read_answer(&d, ca_now(), &status));
	CHECK(status.status == VS_X509_STATUS_GOOD);
	CHECK(
	    ca_shell("openssl ocsp -index index.txt -CA ca.pem -rsigner other.pem -rkey other.key "
	             "-reqin request.der -respout answer.der -ndays 1 >/dev/null 2>&1"));
	vs_buf_reset(&d.answered);
	size = ca_read("answer.der", der, sizeof(der));
	CHECK_OK(vs_buf_append(&d.answered, der, size));
	CHECK_ERR(read_answer(&d, ca_now(), &status), NOT_AUTHENTIC);
	done(&d);
}

/* What was checked before: found by its id, and only when it is of now. */
static void
said_of_an_id(void)
{
	struct vs_x509_ocsp_status status = {0};
	uint8_t name_hash[32], key_hash[32], serial[20];
	char even[VS_X509_SERIAL_SIZE + 1];
	struct vs_x509_ocsp_name name;
	struct vs_x509_ocsp_id id = {.algorithm = "SHA256"};
	struct dialogue d;
	int64_t until_ms = 0;
	size_t size = 0;

	CHECK_OK(vs_x509_ocsp_name_of(leaf, ca.cert, &name));
	(void)snprintf(even, sizeof(even), "%s%s", strlen(name.serial) % 2 != 0 ? "0" : "",
	               name.serial);
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(name.issuer_name_hash), name_hash,
	                       sizeof(name_hash), &size));
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(name.issuer_key_hash), key_hash, sizeof(key_hash),
	                       &size));
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(even), serial, sizeof(serial), &size));
	id.issuer_name_hash = vs_bytes_from(name_hash, 32);
	id.issuer_key_hash = vs_bytes_from(key_hash, 32);
	id.serial = vs_bytes_from(serial, size);
	vs_buf_init(&d.asked, 4096);
	vs_buf_init(&d.answered, 65536);
	CHECK_OK(vs_x509_ocsp_ask_id(&id, &d.asked));
	answer(&d, VS_X509_STATUS_REVOKED, ca_now());
	CHECK_OK(vs_x509_ocsp_said(vs_buf_view(&d.answered), &id, ca_now(), &status, &until_ms));
	CHECK(status.status == VS_X509_STATUS_REVOKED && until_ms > ca_now());
	CHECK_ERR(vs_x509_ocsp_said(vs_buf_view(&d.answered), &id, ca_now() + 2 * 3600000, &status,
	                            &until_ms),
	          STALE);
	serial[0] ^= 1;
	CHECK_ERR(vs_x509_ocsp_said(vs_buf_view(&d.answered), &id, ca_now(), &status, &until_ms),
	          NOT_FOUND);
	id.algorithm = "MD5";
	CHECK_ERR(vs_x509_ocsp_said(vs_buf_view(&d.answered), &id, ca_now(), &status, &until_ms),
	          BAD_VALUE);
	id.algorithm = "SHA256";
	vs_buf_reset(&d.answered);
	CHECK_OK(vs_x509_ocsp_refuse(VS_X509_OCSP_TRY_LATER, &d.answered));
	CHECK_ERR(vs_x509_ocsp_said(vs_buf_view(&d.answered), &id, ca_now(), &status, &until_ms),
	          BAD_MESSAGE);
	done(&d);
}

/* Without the certificate: its number is enough, and the nonce is not needed. */
static void
by_number(void)
{
	struct vs_x509_ocsp_status status = {0};
	struct vs_x509_info info, of_other;
	int64_t until_ms = 0;
	struct dialogue d;

	CHECK_OK(vs_x509_info_get(leaf, &info));
	CHECK_OK(vs_x509_info_get(other, &of_other));
	vs_buf_init(&d.asked, 4096);
	vs_buf_init(&d.answered, 65536);
	CHECK_ERR(vs_x509_ocsp_ask_serial("", ca.cert, &d.asked, d.nonce), BAD_VALUE);
	CHECK_ERR(vs_x509_ocsp_ask_serial("xy", ca.cert, &d.asked, d.nonce), BAD_VALUE);
	CHECK_OK(vs_x509_ocsp_ask_serial(info.serial_hex, ca.cert, &d.asked, d.nonce));
	answer(&d, VS_X509_STATUS_REVOKED, ca_now());
	CHECK_OK(read_answer(&d, ca_now(), &status));
	CHECK(status.status == VS_X509_STATUS_REVOKED);
	CHECK_OK(vs_x509_ocsp_read_serial(vs_buf_view(&d.answered), info.serial_hex, ca.cert, NULL,
	                                  ca_now(), &status, &until_ms));
	CHECK(until_ms > ca_now());
	CHECK_ERR(vs_x509_ocsp_read_serial(vs_buf_view(&d.answered), of_other.serial_hex, ca.cert,
	                                   NULL, ca_now(), &status, &until_ms),
	          NOT_AUTHENTIC);
	d.nonce[0] ^= 1;
	CHECK_ERR(vs_x509_ocsp_read_serial(vs_buf_view(&d.answered), info.serial_hex, ca.cert,
	                                   d.nonce, ca_now(), &status, &until_ms),
	          NOT_AUTHENTIC);
	done(&d);
}

/* As OCPP names them; a name of another CA, or under another digest, is none of this one's. */
static void
whose_id_it_is(void)
{
	struct vs_x509_ocsp_name name;
	uint8_t name_hash[32], key_hash[32];
	size_t size = 0;
	struct vs_x509_ocsp_id id = {.algorithm = "SHA256", .serial = VS_BYTES_LITERAL("1")};

	CHECK_OK(vs_x509_ocsp_name_of(leaf, ca.cert, &name));
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(name.issuer_name_hash), name_hash, 32, &size));
	CHECK_OK(vs_hex_decode(vs_bytes_from_text(name.issuer_key_hash), key_hash, 32, &size));
	id.issuer_name_hash = vs_bytes_from(name_hash, 32);
	id.issuer_key_hash = vs_bytes_from(key_hash, 32);
	CHECK(vs_x509_ocsp_id_is_of(&id, ca.cert));
	CHECK(!vs_x509_ocsp_id_is_of(&id, ca.root));
	id.algorithm = "SHA384";
	CHECK(!vs_x509_ocsp_id_is_of(&id, ca.cert));
	id.algorithm = "MD5";
	CHECK(!vs_x509_ocsp_id_is_of(&id, ca.cert));
	id.algorithm = "SHA256";
	key_hash[31] ^= 1;
	CHECK(!vs_x509_ocsp_id_is_of(&id, ca.cert));
}

int
main(void)
{
	struct vs_x509_key *other_key = NULL;

	ca_folder();
	ca_make(&ca, VS_X509_P256);
	signer = ca_leaf(&ca, VS_X509_ocsp_signer, "OCSP", VS_X509_P256, &signer_key);
	leaf = ca_leaf(&ca, VS_X509_station, "CS-1", VS_X509_P256, NULL);
	other = ca_leaf(&ca, VS_X509_station, "CS-2", VS_X509_P256, &other_key);
	ca_write_cert("ca.pem", ca.cert);
	ca_write_cert("leaf.pem", leaf);
	ca_write_cert("other.pem", other);
	ca_write_key("ca.key", ca.key);
	ca_write_key("other.key", other_key);
	CASE(all_statuses);
	CASE(said_of_an_id);
	CASE(not_believed);
	CASE(openssl_answers);
	CASE(by_number);
	CASE(whose_id_it_is);
	vs_x509_key_free(&other_key);
	vs_x509_key_free(&signer_key);
	vs_x509_cert_free(&signer);
	vs_x509_cert_free(&leaf);
	vs_x509_cert_free(&other);
	ca_done(&ca);
	ca_folder_done();
	return 0;
}
