/* SPDX-License-Identifier: Apache-2.0 */
#include "../keys/certs_house.h"
#include "world.h"

static struct house house;

static void
begin(void)
{
	house_begin(&house);
	world_begin();
	world.api->options.certs = house.certs;
}

static void
end(void)
{
	world_end();
	house_end(&house);
}

static struct vs_conn *
get(const char *line)
{
	return world_ask(line, WORLD_BEARER, "");
}

static struct vs_conn *
post(const char *what, const char *body)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "POST /api/v1/%s", what);
	return world_ask(line, WORLD_BEARER "Content-Type: application/json\r\n", body);
}

/* The body of an order with a new request for that name in it. */
static const char *
order(const char *name, const char *more)
{
	static char body[8192];
	struct vs_x509_key *key = NULL;
	struct vs_buf csr;
	size_t at;

	vs_buf_init(&csr, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, name, NULL, &csr));
	at = (size_t)snprintf(body, sizeof(body), "{%s\"csr\":\"", more);
	for (size_t i = 0; i < csr.size; i++)
		at += (size_t)snprintf(body + at, sizeof(body) - at,
		                       csr.data[i] == '\n' ? "\\n" : "%c", csr.data[i]);
	(void)snprintf(body + at, sizeof(body) - at, "\"}");
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	return body;
}

static void
serial_of(const struct vs_conn *conn, char serial[static 41])
{
	const char *at = strstr(conn->body, "\"serial\":\"");

	CHECK(at != NULL);
	(void)snprintf(serial, 41, "%.40s", at + 10);
	*strchrnul(serial, '"') = '\0';
}

static void
issued_shown_renewed_and_revoked(void)
{
	char serial[41], line[160];
	struct vs_conn *conn;

	begin();
	conn = post("certificates", order("CS-1", "\"station\":\"CS-1\","));
	CHECK(conn->status == 201 && world_says(conn, "\"profile\":\"station\""));
	CHECK(world_says(conn, "BEGIN CERTIFICATE") && world_says(conn, "\"chain\":\"-----BEGIN"));
	CHECK(!world_says(conn, "PRIVATE KEY"));
	serial_of(conn, serial);
	(void)snprintf(line, sizeof(line), "GET /api/v1/certificates/%s", serial);
	conn = get(line);
	CHECK(conn->status == 200 && world_says(conn, "\"state\":\"valid\"") &&
	      world_says(conn, "\"common_name\":\"CS-1\""));
	(void)snprintf(line, sizeof(line), "certificates/%s/renew", serial);
	conn = post(line, order("CS-1", ""));
	CHECK(conn->status == 201 && !world_says(conn, serial));
	conn = get("GET /api/v1/certificates?station=CS-1");
	CHECK(world_says(conn, "\"superseded\"") && world_says(conn, "\"valid\""));
	CHECK(!world_says(get("GET /api/v1/certificates?active=true"), "\"superseded\""));
	(void)snprintf(line, sizeof(line), "certificates/%s/revoke", serial);
	CHECK(post(line, "{\"reason\":\"bored\"}")->status == 422);
	conn = post(line, "{\"reason\":\"key-compromise\"}");
	CHECK(conn->status == 200 && world_says(conn, "\"state\":\"revoked\""));
	CHECK(house.revoked_count == 1);
	CHECK(post(line, "{\"reason\":\"key-compromise\"}")->status == 409);
	conn = get("GET /api/v1/certificates/inventory");
	CHECK(world_says(conn, "\"valid\":1") && world_says(conn, "\"revoked\":1"));
	end();
}

static void
refused(void)
{
	begin();
	CHECK(post("certificates", "{}")->status == 400);
	CHECK(post("certificates", "{\"csr\":\"x\",\"station\":\"CS-1\"}")->status == 400);
	CHECK(post("certificates", order("CS-2", "\"station\":\"CS-1\","))->status == 403);
	CHECK(post("certificates", order("CS-1", "\"profile\":\"issuing\",\"name\":\"CS-1\","))
	          ->status == 403);
	CHECK(post("certificates", order("x", "\"profile\":\"server\",\"hosts\":\"bank.example\","))
	          ->status == 403);
	CHECK(get("GET /api/v1/certificates/abc")->status == 404);
	CHECK(world_ask("GET /api/v1/certificates", "", "")->status == 401);
	world.api->options.certs = NULL;
	CHECK(get("GET /api/v1/certificates")->status == 405);
	CHECK(get("GET /crl/issuing.crl")->status == 405);
	end();
}

static void
published_to_anyone(void)
{
	struct vs_conn *conn;

	begin();
	conn = world_ask("GET /crl/issuing.crl", "", "");
	CHECK(conn->status == 200 && (uint8_t)conn->body[0] == 0x30);
	conn = world_ask("POST /ocsp", "Content-Type: application/ocsp-request\r\n", "nonsense");
	CHECK(conn->status == 200 && (uint8_t)conn->body[0] == 0x30); /* malformedRequest */
	end();
}

static void
the_ca_and_its_rotation(void)
{
	struct vs_conn *conn;

	begin();
	conn = get("GET /api/v1/ca");
	CHECK(world_says(conn, "\"generation\":1") && world_says(conn, "\"next_generation\":null"));
	CHECK(world_says(conn, "\"organisation\":\"Test CPO\""));
	CHECK(get("GET /api/v1/ca/rotation")->status == 404);
	CHECK(post("ca/rotation/finish", "{}")->status == 409);
	conn = post("ca/rotation", "");
	CHECK(conn->status == 200 && world_says(conn, "\"state\":\"waiting\""));
	CHECK(post("ca/rotation", "")->status == 409);
	conn = post("ca/rotation/finish", "{\"force\":true}");
	CHECK(conn->status == 200 && !world_says(conn, "\"waiting\""));
	CHECK(world_says(get("GET /api/v1/ca"), "\"generation\":2"));
	CHECK(post("ca/rotation", "")->status == 200);
	CHECK(world_says(post("ca/rotation/abort", ""), "\"state\":\"aborted\""));
	end();
}

int
main(void)
{
	CASE(issued_shown_renewed_and_revoked);
	CASE(refused);
	CASE(published_to_anyone);
	CASE(the_ca_and_its_rotation);
	return 0;
}
