/* SPDX-License-Identifier: Apache-2.0 */
/* The service on a real keystore and the key process's own loop in a thread. */
#include "certs_house.h"

static vs_result
issue(struct house *house, const char *station, int64_t renews, struct vs_cert_row *row)
{
	struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_station, .common_name = station},
	    .tenant = "t",
	    .station = station,
	    .behalf = &tester,
	    .renews = renews,
	};
	char reason[VS_CERTS_REASON_SIZE];
	struct vs_x509_key *key = NULL;
	struct vs_buf csr;
	vs_result r;

	vs_buf_init(&csr, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, station, NULL, &csr));
	request.certify.csr = vs_buf_view(&csr);
	r = vs_certs_issue(house->certs, &request, row, reason);
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	return r;
}

static void
issued_and_renewed(void)
{
	struct vs_cert_row first, second, found;
	struct vs_certs_inventory inventory;
	struct house house;

	house_begin(&house);
	CHECK_OK(issue(&house, "CS-1", 0, &first));
	CHECK(first.state == VS_CERT_VALID && strcmp(first.station, "CS-1") == 0);
	CHECK_OK(issue(&house, "CS-1", first.cert_id, &second));
	CHECK_OK(house.store.cert(house.store.self, first.cert_id, &found));
	CHECK(found.state == VS_CERT_SUPERSEDED);
	CHECK_OK(house.store.find(house.store.self, second.serial, second.issuer, &found));
	CHECK(found.state == VS_CERT_VALID && found.der_size == second.der_size);
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 1 && inventory.superseded == 1 && inventory.within[0] == 0);
	house_end(&house);
}

/* A first equipment: one transaction, and nothing of it when one of them is refused. */
static void
many_at_once(void)
{
	struct vs_certs_request requests[3];
	struct vs_cert_row rows[3];
	struct vs_certs_inventory inventory;
	struct vs_x509_key *key = NULL;
	char reason[VS_CERTS_REASON_SIZE], names[3][8];
	struct vs_buf csrs[3];
	struct house house;

	house_begin(&house);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	for (int i = 0; i < 3; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "CS-%d", i + 1);
		vs_buf_init(&csrs[i], 8192);
		CHECK_OK(vs_x509_csr_make(key, names[i], NULL, &csrs[i]));
		requests[i] =
		    (struct vs_certs_request){.certify = {.profile = VS_X509_station,
		                                          .common_name = i == 2 ? "CS-9" : names[i],
		                                          .csr = vs_buf_view(&csrs[i])},
		                              .tenant = "t",
		                              .station = names[i],
		                              .behalf = &tester};
	}
	CHECK_ERR(vs_certs_issue_many(house.certs, requests, 3, rows, reason), FORBIDDEN);
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 0);
	requests[2].certify.common_name = names[2];
	CHECK_OK(vs_certs_issue_many(house.certs, requests, 3, rows, reason));
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 3 && rows[0].cert_id != rows[2].cert_id);
	CHECK(strcmp(rows[2].station, "CS-3") == 0 && strcmp(rows[0].issuer, rows[2].issuer) == 0);
	for (int i = 0; i < 3; i++)
		vs_buf_done(&csrs[i]);
	vs_x509_key_free(&key);
	house_end(&house);
}

static void
refused_with_words(void)
{
	struct vs_certs_request request = {.certify = {.profile = VS_X509_station,
	                                               .common_name = "CS-1",
	                                               .csr = VS_BYTES_LITERAL("nonsense")},
	                                   .tenant = "t",
	                                   .station = "CS-1",
	                                   .behalf = &tester};
	char reason[VS_CERTS_REASON_SIZE];
	struct vs_certs_inventory inventory;
	struct vs_cert_row row;
	struct house house;

	house_begin(&house);
	CHECK_ERR(vs_certs_issue(house.certs, &request, &row, reason), BAD_MESSAGE);
	CHECK(strstr(reason, "PKCS#10") != NULL);
	CHECK_ERR(issue(&house, "192.0.2.1", 0, &row), BAD_VALUE);
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 0);
	house_end(&house);
}

static enum vs_x509_status
ask_status(struct house *house, const struct vs_cert_row *row)
{
	struct vs_x509_cert *cert = NULL, *issuer = NULL;
	struct vs_x509_ocsp_status status = {0};
	uint8_t nonce[VS_X509_OCSP_NONCE_SIZE];
	struct vs_buf asked, answered, pem;
	int64_t until_ms;

	vs_buf_init(&asked, 4096);
	vs_buf_init(&answered, 65536);
	vs_buf_init(&pem, 65536);
	CHECK_OK(vs_certs_chain(house->certs, 0, &pem));
	CHECK_OK(vs_x509_cert_read(vs_buf_view(&pem), &issuer));
	CHECK_OK(vs_x509_cert_read_der(vs_bytes_from(row->der, row->der_size), &cert));
	CHECK_OK(vs_x509_ocsp_ask(cert, issuer, &asked, nonce));
	CHECK_OK(vs_certs_ocsp(house->certs, vs_buf_view(&asked), &answered));
	CHECK_OK(vs_x509_ocsp_read(vs_buf_view(&answered), cert, issuer, nonce, now_ms, &status,
	                           &until_ms));
	vs_x509_cert_free(&cert);
	vs_x509_cert_free(&issuer);
	vs_buf_done(&asked);
	vs_buf_done(&answered);
	vs_buf_done(&pem);
	return status.status;
}

static void
revoked_everywhere(void)
{
	struct vs_cert_row row, again;
	struct vs_buf before, after;
	struct house house;

	house_begin(&house);
	vs_buf_init(&before, 65536);
	vs_buf_init(&after, 65536);
	CHECK_OK(issue(&house, "CS-1", 0, &row));
	CHECK(ask_status(&house, &row) == VS_X509_STATUS_GOOD);
	CHECK_OK(vs_certs_crl(house.certs, 0, &before));
	CHECK_OK(vs_certs_revoke(house.certs, row.cert_id, VS_X509_REASON_COMPROMISED,
	                         VS_CORE_BEHALF("test"), &again));
	CHECK(house.revoked_count == 1 && house.revoked.rev_no == 1);
	CHECK(strncmp(house.revoked.subject, row.issuer, 64) == 0 &&
	      strcmp(house.revoked.subject + 65, row.serial) == 0);
	CHECK(ask_status(&house, &row) == VS_X509_STATUS_REVOKED);
	CHECK_OK(vs_certs_crl(house.certs, 0, &after));
	CHECK(!vs_bytes_equal(vs_buf_view(&before), vs_buf_view(&after)));
	CHECK(strcmp(again.reason, "key-compromise") == 0);
	CHECK_ERR(vs_certs_revoke(house.certs, row.cert_id, VS_X509_REASON_RETIRED,
	                          VS_CORE_BEHALF("test"), &again),
	          NOT_NOW);
	CHECK_ERR(vs_certs_revoke(house.certs, 99, VS_X509_REASON_RETIRED, VS_CORE_BEHALF("test"),
	                          &again),
	          NOT_FOUND);
	vs_buf_done(&before);
	vs_buf_done(&after);
	house_end(&house);
}

static void
ocsp_of_strangers(void)
{
	static const uint8_t malformed[] = {0x30, 0x03, 0x0a, 0x01, 0x01};
	struct house house;
	struct vs_buf der;

	house_begin(&house);
	vs_buf_init(&der, 4096);
	CHECK_OK(vs_certs_ocsp(house.certs, VS_BYTES_LITERAL("?"), &der));
	CHECK(vs_bytes_equal(vs_buf_view(&der), vs_bytes_from(malformed, sizeof(malformed))));
	vs_buf_done(&der);
	house_end(&house);
}

static void
the_sweep(void)
{
	struct vs_certs_inventory inventory;
	struct vs_cert_row row;
	struct house house;

	house_begin(&house);
	CHECK_OK(issue(&house, "CS-1", 0, &row));
	CHECK_OK(vs_certs_sweep(house.certs));
	CHECK(house.alarm_count == 0);
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.crl_number == 1);
	CHECK_OK(vs_certs_sweep(house.certs)); /* the list is fresh */
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.crl_number == 1);
	now_ms = row.not_after_ms - 6 * DAY;
	CHECK_OK(vs_certs_sweep(house.certs));
	CHECK(house.alarm_count == 1 && house.alarm_days == 7);
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.crl_number == 2 && inventory.within[0] == 1 && inventory.within[3] == 0);
	now_ms = row.not_after_ms + 1;
	CHECK_OK(vs_certs_sweep(house.certs));
	CHECK_OK(vs_certs_inventory(house.certs, &inventory));
	CHECK(inventory.valid == 0 && inventory.expired == 1);
	house_end(&house);
}

static size_t
count_certs(const struct vs_buf *pem)
{
	struct vs_x509_cert *cert = NULL;
	size_t offset = 0, count = 0;

	while (vs_x509_cert_read_next(vs_buf_view(pem), &offset, &cert).code == VS_E_OK) {
		count++;
		vs_x509_cert_free(&cert);
	}
	return count;
}

static void
a_root_in_two_phases(void)
{
	struct vs_certs_rotation rotation;
	bool is_confirmed = true;
	struct vs_cert_row row;
	struct house house;
	struct vs_buf pem;

	house_begin(&house);
	vs_buf_init(&pem, 65536);
	CHECK_ERR(vs_certs_rotation_status(house.certs, &rotation), NOT_FOUND);
	CHECK_ERR(vs_certs_rotation_confirm(house.certs, "t", "CS-1", VS_CORE_BEHALF("test")),
	          NOT_NOW);
	CHECK_OK(vs_certs_rotation_begin(house.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK(rotation.row.from == 1 && rotation.row.to == 2);
	CHECK_ERR(vs_certs_rotation_begin(house.certs, VS_CORE_BEHALF("test"), &rotation), NOT_NOW);
	CHECK_OK(vs_certs_roots(house.certs, &pem));
	CHECK(count_certs(&pem) == 2);
	CHECK_OK(issue(&house, "CS-1", 0, &row));
	CHECK(row.generation == 1);
	CHECK_OK(vs_certs_rotation_confirm(house.certs, "t", "CS-1", VS_CORE_BEHALF("test")));
	CHECK_OK(vs_certs_rotation_confirm(house.certs, "t", "CS-1", VS_CORE_BEHALF("test")));
	CHECK_OK(vs_certs_rotation_confirmed(house.certs, "t", "CS-1", &is_confirmed));
	CHECK(is_confirmed);
	CHECK_OK(vs_certs_rotation_confirmed(house.certs, "t", "CS-2", &is_confirmed));
	CHECK(!is_confirmed);
	CHECK_OK(vs_certs_rotation_status(house.certs, &rotation));
	CHECK(rotation.confirmed == 1);
	CHECK_ERR(vs_certs_rotation_finish(house.certs, 1, false, "", VS_CORE_BEHALF("test")),
	          NOT_NOW);
	CHECK_OK(vs_certs_rotation_finish(house.certs, 1, true, "", VS_CORE_BEHALF("test")));
	CHECK_OK(vs_certs_rotation_status(house.certs, &rotation));
	CHECK(rotation.row.state == VS_CERT_ROTATION_FORCED);
	CHECK_OK(issue(&house, "CS-1", 0, &row));
	CHECK(row.generation == 2);
	vs_buf_reset(&pem);
	CHECK_OK(vs_certs_roots(house.certs, &pem));
	CHECK(count_certs(&pem) == 1);
	/* And one that is given up. */
	CHECK_OK(vs_certs_rotation_begin(house.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK_OK(vs_certs_rotation_abort(house.certs, VS_CORE_BEHALF("test")));
	CHECK_ERR(vs_certs_rotation_abort(house.certs, VS_CORE_BEHALF("test")), NOT_NOW);
	CHECK_ERR(vs_certs_rotation_finish(house.certs, 0, false, "", VS_CORE_BEHALF("test")),
	          NOT_NOW);
	CHECK_OK(issue(&house, "CS-1", 0, &row));
	CHECK(row.generation == 2);
	vs_buf_done(&pem);
	house_end(&house);
}

static void
due_times(void)
{
	int64_t earliest = INT64_MAX, latest = 0;

	for (uint64_t seed = 0; seed < 1000; seed++) {
		int64_t due = vs_certs_due_ms(0, 100 * DAY, seed);

		CHECK(due >= 60 * DAY && due < 65 * DAY + 1);
		earliest = due < earliest ? due : earliest;
		latest = due > latest ? due : latest;
	}
	CHECK(latest - earliest > 4 * DAY); /* spread */
	CHECK(vs_certs_due_ms(0, 100 * DAY, 7) == vs_certs_due_ms(0, 100 * DAY, 7));
	CHECK(vs_certs_due_ms(5, 5, 1) == 5);
	CHECK(vs_certs_threshold(31 * DAY, 0) == -1 && vs_certs_threshold(30 * DAY, 0) == 30);
	CHECK(vs_certs_threshold(DAY + 1, 0) == 7 && vs_certs_threshold(DAY, 0) == 1);
	CHECK(vs_certs_threshold(0, 0) == 0 && vs_certs_threshold(-DAY, 0) == 0);
}

int
main(void)
{
	CASE(due_times);
	CASE(issued_and_renewed);
	CASE(many_at_once);
	CASE(refused_with_words);
	CASE(revoked_everywhere);
	CASE(ocsp_of_strangers);
	CASE(the_sweep);
	CASE(a_root_in_two_phases);
	return 0;
}
