/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/signing.h"

#include "test_pki.h"

static struct vs_sim_signing *station;
static struct vs_jose_key *central_key, *station_key;
static struct vs_pkey *central, *own;
static struct vs_buf text;

#define NOW INT64_C(1795000000000)

static struct vs_pkey *
read_key(const char *name)
{
	struct vs_pkey *key = NULL;
	struct vs_buf pem;
	FILE *file = fopen(pki_path(name), "r");
	char room[1024];
	size_t size;

	vs_buf_init(&pem, sizeof(room));
	CHECK(file != NULL);
	size = fread(room, 1, sizeof(room), file);
	CHECK(fclose(file) == 0 && size > 0);
	CHECK_OK(vs_pkey_read_private(vs_bytes_from(room, size), &key));
	vs_buf_done(&pem);
	return key;
}

static vs_result
make(const char *cert, const char *key, const char *peer)
{
	const struct vs_sim_signing_files files = {pki_path(cert), pki_path(key), pki_path(peer)};

	return vs_sim_signing_new(&files, "CS-1", &station);
}

/* What the station says, as the central side reads it. */
static void
is_read(struct vs_bytes said, enum vs_ocpp_action asked, const char *expected)
{
	const struct vs_ocpp_signed_policy policy = {
	    .is_strict = true, .identity = "CS-1", .now_ms = NOW, .seq_floor = -1};
	enum vs_ocpp_signed_fault fault;
	struct vs_ocpp_signed message;

	CHECK(vs_ocpp_signed_looks(said));
	CHECK_OK(vs_ocpp_signed_read(said, asked, &message, &fault));
	vs_buf_reset(&text);
	CHECK_OK(vs_ocpp_signed_open(&message, station_key, &policy, &text, &fault));
	CHECK(vs_bytes_equal_text(vs_buf_view(&text), expected));
	vs_ocpp_signed_done(&message);
}

static vs_result
hears(const char *plain, enum vs_ocpp_action asked, int64_t seq, struct vs_bytes *out)
{
	const struct vs_ocpp_signer signer = {
	    .key = central_key, .alg = VS_SIGN_ES256, .identity = "CS-1", .at_ms = NOW, .seq = seq};

	vs_buf_reset(&text);
	CHECK_OK(vs_ocpp_signed_make(&signer, vs_bytes_from_text(plain), asked, &text));
	return vs_sim_signing_open(station, vs_buf_view(&text), NOW, out);
}

static void
signs_calls_and_answers_of_signed_calls(void)
{
	static const char call[] = "[2,\"1\",\"Heartbeat\",{}]", reset[] = "[2,\"9\",\"Reset\",{}]",
			  done[] = "[3,\"9\",{\"status\":\"Accepted\"}]", other[] = "[3,\"8\",{}]";
	struct vs_bytes out;

	is_read(vs_sim_signing_sign(station, vs_bytes_from_text(call), NOW), VS_OCPP_NONE, call);
	CHECK_OK(hears("[3,\"1\",{}]", VS_OCPP_Heartbeat, 1, &out));
	CHECK(vs_bytes_equal_text(out, "[3,\"1\",{}]"));
	out = vs_sim_signing_sign(station, vs_bytes_from_text(other), NOW);
	CHECK(vs_bytes_equal_text(out, other)); /* its call was not signed */
	CHECK_OK(hears(reset, VS_OCPP_NONE, 2, &out));
	is_read(vs_sim_signing_sign(station, vs_bytes_from_text(done), NOW), VS_OCPP_Reset, done);
}

static void
refuses_what_is_not_the_central_sides(void)
{
	struct vs_bytes out = {NULL, 0};
	struct vs_jose_key *right = central_key;

	CHECK_ERR(hears("[2,\"3\",\"Reset\",{}]", VS_OCPP_NONE, 2, &out),
	          NOT_AUTHENTIC); /* again */
	CHECK_ERR(hears("[3,\"1\",{}]", VS_OCPP_Reset, 5, &out), NOT_AUTHENTIC);
	central_key = station_key;
	CHECK_ERR(hears("[2,\"4\",\"Reset\",{}]", VS_OCPP_NONE, 6, &out), NOT_AUTHENTIC);
	central_key = right;
	CHECK_OK(
	    vs_sim_signing_open(station, VS_BYTES_LITERAL("[2,\"5\",\"Reset\",{}]"), NOW, &out));
	CHECK(vs_bytes_equal_text(out, "[2,\"5\",\"Reset\",{}]"));
}

int
main(void)
{
	struct pki_ca one, two;

	pki_init();
	vs_buf_init(&text, 1u << 16);
	one = pki_ca_new("station");
	two = pki_ca_new("central");
	central = read_key("central.key");
	own = read_key("station.key");
	CHECK_OK(vs_jose_key_new(central, VS_JOSE_ALLOW(VS_SIGN_ES256), "", &central_key));
	CHECK_OK(vs_jose_key_new(own, VS_JOSE_ALLOW(VS_SIGN_ES256), "", &station_key));
	CHECK(make("missing.pem", "station.key", "central.pem").code != VS_E_OK);
	CHECK_ERR(make("station.pem", "station.pem", "central.pem"), BAD_MESSAGE);
	CHECK_OK(make("station.pem", "station.key", "central.pem"));
	CASE(signs_calls_and_answers_of_signed_calls);
	CASE(refuses_what_is_not_the_central_sides);
	vs_sim_signing_free(&station);
	vs_jose_key_free(&central_key);
	vs_jose_key_free(&station_key);
	vs_pkey_free(&central);
	vs_pkey_free(&own);
	vs_buf_done(&text);
	pki_ca_free(&one);
	pki_ca_free(&two);
	pki_done();
	return 0;
}
