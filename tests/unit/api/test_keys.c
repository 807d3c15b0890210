/* SPDX-License-Identifier: Apache-2.0 */
#include "../keys/fake.h"
#include "wire/base64.h"
#include "world.h"

static struct house house;

static void
begin(void)
{
	house_start(&house);
	world_begin();
	world.api->options.keys = house.keys;
	world.api->options.keystore = &house.store;
}

static void
end(void)
{
	world_end();
	house_done(&house);
}

static struct vs_conn *
get(const char *line)
{
	return world_ask(line, WORLD_BEARER, "");
}

static struct vs_conn *
post(const char *what, const char *body)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "POST /api/v1/keys/%s", what);
	return world_ask(line, WORLD_BEARER "Content-Type: application/json\r\n", body);
}

static void
make_device(const char *name, struct vs_keys_device_key *key)
{
	const struct vs_keys_device device = {"default", name, VS_KEYS_FIELD};

	CHECK_OK(vs_keys_device_create(house.keys, &device, VS_CORE_BEHALF("test"), key));
}

static void
lists_every_key_page_by_page(void)
{
	struct vs_keys_device_key key;
	struct vs_conn *conn;

	begin();
	make_device("CS-1", &key);
	make_device("CS-2", &key);
	conn = get("GET /api/v1/keys");
	CHECK(conn->status == 200 && world_says(conn, "\"kind\":\"kek\"") &&
	      world_says(conn, "\"owner\":\"CS-2\""));
	CHECK(world_says(conn, "\"overdue\":false") && world_says(conn, "\"due_at\":\"2"));
	CHECK(world_says(conn, "\"state\":\"active\"") &&
	      world_says(conn, "\"destroyed_at\":null"));
	conn = get("GET /api/v1/keys?limit=1");
	CHECK(world_says(conn, "\"owner\":\"CS-1\"") && !world_says(conn, "CS-2") &&
	      world_says(conn, "\"next\":\"1\""));
	conn = get("GET /api/v1/keys?limit=1&cursor=1");
	CHECK(world_says(conn, "\"owner\":\"CS-2\"") && !world_says(conn, "kek\"") &&
	      world_says(conn, "\"next\":null"));
	conn = get("GET /api/v1/keys?station=CS-1");
	CHECK(world_says(conn, "\"owner\":\"CS-1\"") && !world_says(conn, "CS-2") &&
	      !world_says(conn, "\"kek\""));
	fake_now_ms += INT64_C(2) * 86400000 + 1; /* twice the period of this channel */
	CHECK(world_says(get("GET /api/v1/keys?station=CS-1"), "\"overdue\":true"));
	CHECK(get("GET /api/v1/keys?cursor=x")->status == 422);
	CHECK(world_ask("GET /api/v1/keys", "", "")->status == 401);
	end();
}

/* Not the key, not what it is wrapped as, in base64, hexadecimal or raw. */
static void
no_answer_holds_a_key(void)
{
	struct vs_keys_device_key key;
	struct vs_keystore_key row;
	char hex[65], hex_wrapped[65];

	begin();
	make_device("CS-1", &key);
	CHECK_OK(house.store.key(house.store.self, 1, &row));
	for (size_t i = 0; i < 32; i++) {
		(void)snprintf(hex + 2 * i, 3, "%02x", key.key[i]);
		(void)snprintf(hex_wrapped + 2 * i, 3, "%02x", row.wrapped.data[14 + i]);
	}
	(void)get("GET /api/v1/keys");
	(void)post("rotate", "{\"station\":\"CS-1\"}");
	(void)post("revoke", "{\"station\":\"CS-1\"}");
	(void)get("GET /api/v1/keys/jobs");
	for (size_t i = 0; i < world.conn_count; i++) {
		const struct vs_conn *conn = &world.conns[i];

		CHECK(conn->status < 300);
		CHECK(strcasestr(conn->body, hex) == NULL &&
		      strcasestr(conn->body, hex_wrapped) == NULL);
		CHECK(memmem(conn->body, conn->body_size, key.key, 8) == NULL);
		CHECK(memmem(conn->body, conn->body_size, row.wrapped.data + 14, 8) == NULL);
		CHECK(!world_says(conn, "wrapped") && !world_says(conn, "\"key\""));
	}
	end();
}

static void
rotates_revokes_and_destroys(void)
{
	const struct vs_keys_device device = {"default", "CS-1", VS_KEYS_FIELD};
	struct vs_keys_device_key key;
	struct vs_conn *conn;

	begin();
	conn = post("rotate", "{\"station\":\"CS-1\"}");
	CHECK(conn->status == 404 && world_says(conn, "CS-1 has no active key of channel field"));
	make_device("CS-1", &key);
	conn = post("rotate", "{\"station\":\"CS-1\",\"channel\":\"field\"}");
	CHECK(conn->status == 202 && world_says(conn, "\"epoch\":2") &&
	      world_says(conn, "pre-active"));
	CHECK_OK(vs_keys_device_used(house.keys, &device, 2, VS_CORE_BEHALF("test")));
	conn = post("destroy", "{\"station\":\"CS-1\",\"epoch\":2}");
	CHECK(conn->status == 409 && world_says(conn, "epoch 2 is active"));
	CHECK(post("destroy", "{\"station\":\"CS-1\"}")->status == 400);
	CHECK(post("destroy", "{\"station\":\"CS-1\",\"epoch\":1,\"reason\":\"old\"}")->status ==
	      200);
	CHECK_ERR(vs_keys_device_open(house.keys, &device, 1, &key), FORBIDDEN);
	CHECK(post("revoke", "{\"station\":\"CS-1\",\"reason\":\"stolen\"}")->status == 200);
	CHECK_ERR(vs_keys_device_seal(house.keys, &device, &key), NOT_FOUND);
	CHECK(house_ask(&house, "SELECT count(*) FROM revocation WHERE reason = 'stolen'") == 1);
	/* What is wrong is said. */
	conn = post("rotate", "{}");
	CHECK(conn->status == 400 && world_says(conn, "station"));
	conn = post("revoke", "{\"station\":\"CS-1\",\"channel\":\"x\"}");
	CHECK(conn->status == 422 && world_says(conn, "field, prov or psk"));
	CHECK(post("revoke", "{\"station\":\"CS-1\",\"tenant\":true}")->status == 400);
	end();
}

static void
shows_a_new_key_once(void)
{
	const struct vs_keys_device device = {"default", "CS-1", VS_KEYS_PSK};
	char text[VS_BASE64_TEXT_SIZE(VS_KEYS_KEY_SIZE)];
	struct vs_keys_device_key key;
	struct vs_conn *conn;

	begin();
	conn = world_ask("POST /api/v1/keys", WORLD_BEARER "Content-Type: application/json\r\n",
	                 "{\"station\":\"CS-1\",\"channel\":\"psk\"}");
	CHECK(conn->status == 201 && world_says(conn, "\"epoch\":1"));
	CHECK_OK(vs_keys_device_seal(house.keys, &device, &key));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(key.key, sizeof(key.key)), text,
	                       sizeof(text));
	CHECK(world_says(conn, text));
	conn = world_ask("POST /api/v1/keys", WORLD_BEARER "Content-Type: application/json\r\n",
	                 "{\"station\":\"CS-1\",\"channel\":\"psk\"}");
	CHECK(conn->status == 409 && !world_says(conn, text) && world_says(conn, "rotated"));
	CHECK(!world_says(get("GET /api/v1/keys"), text));
	end();
}

static void
erases_only_what_is_named_twice(void)
{
	struct vs_keys_device_key key;
	struct vs_conn *conn;

	begin();
	make_device("CS-1", &key);
	conn = post("erase", "{\"station\":\"CS-1\"}");
	CHECK(conn->status == 422 && world_says(conn, "confirm"));
	CHECK(post("erase", "{\"station\":\"CS-1\",\"confirm\":\"CS-2\"}")->status == 422);
	CHECK(post("erase", "{\"tenant\":true,\"confirm\":\"CS-1\"}")->status == 422);
	CHECK(house_ask(&house, "SELECT count(*) FROM job") == 0);
	conn = post("erase", "{\"station\":\"CS-1\",\"confirm\":\"CS-1\"}");
	CHECK(conn->status == 202 && world_says(conn, "\"kind\":\"erase-device\"") &&
	      world_says(conn, "running"));
	(void)house_work(&house);
	conn = get("GET /api/v1/keys/jobs");
	CHECK(conn->status == 200 && world_says(conn, "\"kind\":\"rewrap\"") &&
	      world_says(conn, "\"state\":\"done\""));
	CHECK(!world_says(get("GET /api/v1/keys/jobs?active=true"), "erase"));
	CHECK(post("erase", "{\"station\":\"CS-1\",\"confirm\":\"CS-1\"}")->status == 404);
	CHECK(post("erase", "{\"station\":\"CS-9\",\"confirm\":\"CS-9\"}")->status == 404);
	conn = post("erase", "{\"tenant\":true,\"confirm\":\"default\"}");
	CHECK(conn->status == 202);
	(void)house_work(&house);
	CHECK(house_ask(&house, "SELECT count(*) FROM key WHERE state <> 'destroyed'") == 0);
	end();
}

static void
rewraps(void)
{
	struct vs_keys_device_key key;
	struct vs_conn *conn;

	begin();
	CHECK(post("rewrap", "{}")->status == 404);
	make_device("CS-1", &key);
	conn = post("rewrap", "{}");
	CHECK(conn->status == 202 && world_says(conn, "\"total\":1"));
	house.client.is_root_fixed = true;
	conn = post("rewrap", "{\"root\":true}");
	CHECK(conn->status == 405 && world_says(conn, "cannot make another one"));
	house.client.is_root_fixed = false;
	conn = post("rewrap", "{\"root\":true}");
	CHECK(conn->status == 202 && world_says(conn, "rewrap-root"));
	conn = post("rotate", "{\"tenant\":true}"); /* the one that runs */
	CHECK(conn->status == 202 && world_says(conn, "\"id\":1"));
	conn = post("rotate", "{\"id\":1}");
	CHECK(conn->status == 405); /* nobody re-encrypts here */
	conn = get("GET /api/v1/keys/jobs?limit=1");
	CHECK(world_says(conn, "\"id\":2") && !world_says(conn, "\"id\":1,") &&
	      world_says(conn, "\"next\":\"2\""));
	conn = get("GET /api/v1/keys/jobs?limit=1&cursor=2");
	CHECK(world_says(conn, "\"id\":1") && world_says(conn, "\"next\":null"));
	end();
}

static void
without_keys_it_says_so(void)
{
	world_begin();
	CHECK(get("GET /api/v1/keys")->status == 405);
	CHECK(get("GET /api/v1/keys/jobs")->status == 405);
	CHECK(post("rewrap", "{}")->status == 405);
	world_end();
}

int
main(void)
{
	CASE(lists_every_key_page_by_page);
	CASE(no_answer_holds_a_key);
	CASE(rotates_revokes_and_destroys);
	CASE(shows_a_new_key_once);
	CASE(erases_only_what_is_named_twice);
	CASE(rewraps);
	CASE(without_keys_it_says_so);
	return 0;
}
