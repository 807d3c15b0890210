/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore_fixture.h"

static struct vs_certstore certs;

static struct vs_cert_row
new_cert(const char *serial, const char *station)
{
	struct vs_cert_row row = {.generation = 1,
	                          .not_before_ms = 100,
	                          .not_after_ms = 1000,
	                          .created_ms = 100,
	                          .state_ms = 100,
	                          .der_size = 700};

	memset(row.issuer, 'a', 64);
	memset(row.spki, 'b', 64);
	memset(row.fingerprint, 'c', 64);
	memset(row.der, 0x30, row.der_size);
	(void)snprintf(row.serial, sizeof(row.serial), "%s", serial);
	(void)snprintf(row.profile, sizeof(row.profile), "station");
	(void)snprintf(row.common_name, sizeof(row.common_name), "%s", station);
	(void)snprintf(row.station, sizeof(row.station), "%s", station);
	(void)snprintf(row.tenant, sizeof(row.tenant), "t");
	return row;
}

static void
add(struct keystore_fixture *k, struct vs_cert_row *row)
{
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_CERT_ADD, .u.cert = row};

	CHECK_OK(apply_one(k, &change));
}

static vs_result
step_to(struct keystore_fixture *k, struct vs_cert_row *row, enum vs_cert_state from,
        enum vs_cert_state to)
{
	struct vs_keystore_change change = {
	    .kind = VS_KEYSTORE_CERT_STEP, .from_cert = from, .u.cert = row};

	row->state = to;
	row->state_ms = 200;
	(void)snprintf(row->reason, sizeof(row->reason), "%s",
	               to == VS_CERT_REVOKED ? "retired" : "");
	return apply_one(k, &change);
}

static void
added_and_found(void)
{
	struct keystore_fixture k;
	struct vs_cert_row row = new_cert("abc", "CS-1"), again, found;

	start(&k);
	certs = vs_store_keystore_certs(k.keystore);
	add(&k, &row);
	CHECK(row.cert_id == 1);
	CHECK_OK(certs.cert(certs.self, 1, &found));
	CHECK(strcmp(found.serial, "abc") == 0 && found.der_size == 700 && found.der[699] == 0x30);
	CHECK_OK(certs.find(certs.self, "abc", row.issuer, &found));
	CHECK_OK(certs.find(certs.self, "abc", "", &found));
	CHECK(found.not_after_ms == 1000 && found.state == VS_CERT_VALID);
	CHECK_ERR(certs.find(certs.self, "abd", "", &found), NOT_FOUND);
	CHECK_ERR(certs.cert(certs.self, 2, &found), NOT_FOUND);
	/* A serial once for each issuer. */
	again = new_cert("abc", "CS-2");
	CHECK_ERR(apply_one(&k, &(struct vs_keystore_change){.kind = VS_KEYSTORE_CERT_ADD,
	                                                     .u.cert = &again}),
	          CONFLICT);
	done(&k);
}

static void
every_step(void)
{
	static const bool may[VS_CERT_STATES][VS_CERT_STATES] = {
	    [VS_CERT_VALID] = {true, true, true, true},
	    [VS_CERT_SUPERSEDED] = {false, true, true, true},
	};
	struct keystore_fixture k;
	unsigned number = 1;

	start(&k);
	for (int from = 0; from < VS_CERT_STATES; from++) {
		for (int to = 0; to < VS_CERT_STATES; to++) {
			char serial[16];
			struct vs_cert_row row;

			(void)snprintf(serial, sizeof(serial), "%x", number++);
			row = new_cert(serial, "CS-1");
			add(&k, &row);
			if (from != VS_CERT_VALID)
				CHECK_OK(
				    step_to(&k, &row, VS_CERT_VALID, (enum vs_cert_state)from));
			CHECK((step_to(&k, &row, (enum vs_cert_state)from, (enum vs_cert_state)to)
			           .code == VS_E_OK) == may[from][to]);
		}
	}
	done(&k);
}

/* Somebody else was faster: nothing is changed, the audit record neither. */
static void
not_from_another_state(void)
{
	struct keystore_fixture k;
	struct vs_cert_row row = new_cert("1", "CS-1"), found;

	start(&k);
	certs = vs_store_keystore_certs(k.keystore);
	add(&k, &row);
	CHECK_OK(step_to(&k, &row, VS_CERT_VALID, VS_CERT_REVOKED));
	CHECK_ERR(step_to(&k, &row, VS_CERT_VALID, VS_CERT_EXPIRED), CONFLICT);
	CHECK_OK(certs.cert(certs.self, row.cert_id, &found));
	CHECK(found.state == VS_CERT_REVOKED && strcmp(found.reason, "retired") == 0);
	done(&k);
}

static bool
count_row(const struct vs_cert_row *row, void *arg)
{
	(void)row;
	(*(size_t *)arg)++;
	return true;
}

static size_t
count(const struct vs_cert_query *query)
{
	size_t n = 0;

	CHECK_OK(certs.certs(certs.self, query, count_row, &n));
	return n;
}

static void
lists(void)
{
	struct keystore_fixture k;
	struct vs_cert_row a = new_cert("1", "CS-1"), b = new_cert("2", "CS-2"),
			   c = new_cert("3", "CS-2");

	start(&k);
	certs = vs_store_keystore_certs(k.keystore);
	c.not_after_ms = 5000;
	c.generation = 2;
	add(&k, &a);
	add(&k, &b);
	add(&k, &c);
	CHECK_OK(step_to(&k, &b, VS_CERT_VALID, VS_CERT_REVOKED));
	CHECK(count(&(struct vs_cert_query){.limit = 10}) == 3);
	CHECK(count(&(struct vs_cert_query){.limit = 2}) == 2);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .after = 2}) == 1);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .station = "CS-2"}) == 2);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .tenant = "u"}) == 0);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .state = "revoked"}) == 1);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .ends_to_ms = 1000}) == 2);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .ends_from_ms = 1001}) == 1);
	CHECK(count(&(struct vs_cert_query){.limit = 10, .generation = 2}) == 1);
	done(&k);
}

static void
revocation_lists(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change change = {.kind = VS_KEYSTORE_CRL_PUT,
	                                    .u.crl = {.generation = 1,
	                                              .number = 4,
	                                              .this_update_ms = 10,
	                                              .next_update_ms = 20,
	                                              .der = VS_BYTES_LITERAL("first")}};
	struct vs_cert_crl crl;
	struct vs_buf der;

	start(&k);
	certs = vs_store_keystore_certs(k.keystore);
	vs_buf_init(&der, 1024);
	CHECK_ERR(certs.crl(certs.self, 1, &der, &crl), NOT_FOUND);
	CHECK_OK(apply_one(&k, &change));
	/* RFC 5280 5.2.3: the numbers rise. */
	CHECK_ERR(apply_one(&k, &change), CONFLICT);
	change.u.crl.number = 5;
	change.u.crl.der = VS_BYTES_LITERAL("second");
	CHECK_OK(apply_one(&k, &change));
	CHECK_OK(certs.crl(certs.self, 1, &der, &crl));
	CHECK(crl.number == 5 && vs_bytes_equal_text(crl.der, "second"));
	vs_buf_done(&der);
	done(&k);
}

static void
rotations(void)
{
	struct keystore_fixture k;
	struct vs_keystore_change begin = {
	    .kind = VS_KEYSTORE_ROTATION_ADD,
	    .u.rotation = {
		.from = 1, .to = 2, .began_ms = 5, .ended_ms = VS_KEYS_NEVER, .actor = "a"}};
	struct vs_keystore_change confirm = {
	    .kind = VS_KEYSTORE_CONFIRMATION_ADD,
	    .u.confirmation = {
		.rotation_id = 1, .tenant = "t", .station = "CS-1", .at_ms = 7, .actor = "b"}};
	struct vs_keystore_change end = {.kind = VS_KEYSTORE_ROTATION_STEP};
	struct vs_cert_rotation rotation;
	int64_t number = 0;

	start(&k);
	certs = vs_store_keystore_certs(k.keystore);
	CHECK_ERR(certs.rotation(certs.self, &rotation), NOT_FOUND);
	CHECK_OK(apply_one(&k, &begin));
	CHECK_ERR(apply_one(&k, &begin), CONFLICT); /* one at a time */
	CHECK_OK(apply_one(&k, &confirm));
	CHECK_OK(apply_one(&k, &confirm));
	CHECK_OK(certs.confirmations(certs.self, 1, &number));
	CHECK(number == 1);
	CHECK_OK(certs.confirmed(certs.self, 1, "t", "CS-1", &number));
	CHECK(number == 7);
	CHECK_ERR(certs.confirmed(certs.self, 1, "t", "CS-2", &number), NOT_FOUND);
	CHECK_OK(certs.rotation(certs.self, &rotation));
	CHECK(rotation.state == VS_CERT_ROTATION_WAITING && rotation.to == 2);
	end.u.rotation = rotation;
	end.u.rotation.state = VS_CERT_ROTATION_FINISHED;
	end.u.rotation.ended_ms = 9;
	CHECK_OK(apply_one(&k, &end));
	CHECK_ERR(apply_one(&k, &end), CONFLICT);
	CHECK_OK(apply_one(&k, &begin));
	done(&k);
}

int
main(void)
{
	CASE(added_and_found);
	CASE(every_step);
	CASE(not_from_another_state);
	CASE(lists);
	CASE(revocation_lists);
	CASE(rotations);
	return 0;
}
