/* SPDX-License-Identifier: Apache-2.0 */
/* A change of the root that begins at one node and ends at another. */
#include "keys/ca.h"
#include "shared_house.h"

static size_t
count_certs(struct vs_certs *certs, vs_result (*list)(struct vs_certs *, struct vs_buf *))
{
	struct vs_x509_cert *cert = NULL;
	struct vs_buf pem;
	size_t offset = 0, count = 0;

	vs_buf_init(&pem, 65536);
	CHECK_OK(list(certs, &pem));
	while (vs_x509_cert_read_next(vs_buf_view(&pem), &offset, &cert).code == VS_E_OK) {
		count++;
		vs_x509_cert_free(&cert);
	}
	vs_buf_done(&pem);
	return count;
}

static void
begun_here_finished_there(void)
{
	struct vs_certs_rotation rotation;
	bool is_changed = false;
	struct two two;

	two_make(&two);
	two_join(&two);
	CHECK_OK(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK(version_of(&two.a) == 2);
	CHECK(count_certs(two.b.certs, vs_certs_roots) == 1);
	CHECK_OK(vs_certs_follow(two.b.certs, &is_changed));
	CHECK(is_changed);
	CHECK(count_certs(two.b.certs, vs_certs_roots) == 2);
	CHECK_OK(vs_certs_follow(two.b.certs, &is_changed));
	CHECK(!is_changed);
	CHECK_OK(vs_certs_rotation_finish(two.b.certs, 0, false, "", VS_CORE_BEHALF("test")));
	CHECK(view_of(&two.b).current == 2 && view_of(&two.a).current == 1);
	CHECK_OK(vs_certs_follow(two.a.certs, &is_changed));
	CHECK(is_changed && view_of(&two.a).current == 2);
	CHECK(count_certs(two.a.certs, vs_certs_roots) == 1);
	two_end(&two);
}

/* b has not heard of anything yet: it takes first what there is. */
static void
who_is_late_takes_first(void)
{
	struct vs_certs_rotation rotation;
	struct two two;

	two_make(&two);
	two_join(&two);
	CHECK_OK(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK_ERR(vs_certs_rotation_begin(two.b.certs, VS_CORE_BEHALF("test"), &rotation), NOT_NOW);
	CHECK_OK(vs_certs_rotation_abort(two.b.certs, VS_CORE_BEHALF("test")));
	CHECK(version_of(&two.a) == 3 && view_of(&two.b).next == 0);
	/* The next one has other keys under the same number. */
	CHECK_OK(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation));
	CHECK(rotation.row.to == 2 && view_of(&two.a).next == 2);
	CHECK_OK(vs_certs_rotation_finish(two.a.certs, 0, false, "", VS_CORE_BEHALF("test")));
	two_end(&two);
}

static vs_result
refuse(void *self, const struct vs_keystore_audit *audits, size_t count, uint64_t *ticket_out)
{
	(void)self;
	(void)audits;
	(void)count;
	(void)ticket_out;
	return VS_FAIL(AUDIT_UNAVAILABLE);
}

/* The row was not written: nor is there a next generation, here or there. */
static void
what_may_not_be_written_is_not_done(void)
{
	const struct vs_keystore_gate gate = {.before = refuse};
	struct vs_certs_rotation rotation;
	struct two two;

	two_make(&two);
	two.a.keystore.gate = &gate;
	CHECK_ERR(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation),
	          AUDIT_UNAVAILABLE);
	CHECK(view_of(&two.a).next == 0 && version_of(&two.a) == 1);
	two.a.keystore.gate = NULL;
	CHECK_OK(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation));
	two.a.keystore.gate = &gate;
	CHECK_ERR(vs_certs_rotation_finish(two.a.certs, 0, false, "", VS_CORE_BEHALF("test")),
	          AUDIT_UNAVAILABLE);
	CHECK(view_of(&two.a).current == 1 && view_of(&two.a).next == 2);
	CHECK_ERR(vs_certs_rotation_abort(two.a.certs, VS_CORE_BEHALF("test")), AUDIT_UNAVAILABLE);
	CHECK(view_of(&two.a).next == 2);
	two.a.keystore.gate = NULL;
	CHECK_OK(vs_certs_rotation_finish(two.a.certs, 0, false, "", VS_CORE_BEHALF("test")));
	two_end(&two);
}

/* --- the store goes away in the middle ---------------------------------------------------------
 */

static struct vs_keystore whole; /* as it was before */
static unsigned readings_left;

static vs_result
vault_until(void *self, struct vs_buf *sealed, struct vs_buf *root,
            struct vs_keystore_vault *vault_out)
{
	if (readings_left == 0)
		return VS_FAIL(IO);
	readings_left--;
	return whole.vault(self, sealed, root, vault_out);
}

static vs_result
issue(struct house *house, char reason[static VS_CERTS_REASON_SIZE])
{
	struct vs_certs_request request = {
	    .certify = {.profile = VS_X509_station, .common_name = "CS-1"},
	    .tenant = "t",
	    .station = "CS-1",
	    .behalf = &tester};
	static struct vs_cert_row row;
	struct vs_x509_key *key = NULL;
	struct vs_buf csr;
	vs_result r;

	vs_buf_init(&csr, 8192);
	CHECK_OK(vs_x509_key_new(VS_X509_P256, &key));
	CHECK_OK(vs_x509_csr_make(key, "CS-1", NULL, &csr));
	request.certify.csr = vs_buf_view(&csr);
	r = vs_certs_issue(house->certs, &request, &row, reason);
	vs_x509_key_free(&key);
	vs_buf_done(&csr);
	return r;
}

/* Neither could the change be written, nor what the others have be read: nothing is issued until
 * that is read, and then the change is gone. */
static void
what_was_not_written_is_taken_back_later(void)
{
	char reason[VS_CERTS_REASON_SIZE] = "";
	struct vs_certs_rotation rotation;
	bool is_changed = true;
	struct two two;

	two_make(&two);
	CHECK_OK(vs_certs_settle(two.a.certs, &is_changed));
	CHECK(!is_changed);
	whole = two.a.keystore;
	two.a.keystore.vault = vault_until;
	readings_left = 1; /* before the step */
	CHECK_ERR(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation), IO);
	CHECK(view_of(&two.a).next == 2);
	CHECK_ERR(issue(&two.a, reason), IO);
	CHECK(strstr(reason, "other nodes") != NULL);
	CHECK_ERR(vs_certs_settle(two.a.certs, &is_changed), IO);
	readings_left = 100;
	CHECK_OK(vs_certs_settle(two.a.certs, &is_changed));
	CHECK(is_changed && view_of(&two.a).next == 0 && version_of(&two.a) == 1);
	CHECK(count_certs(two.a.certs, vs_certs_roots) == 1);
	CHECK_OK(issue(&two.a, reason));
	/* An end that was not written: who issues first settles it. */
	CHECK_OK(vs_certs_rotation_begin(two.a.certs, VS_CORE_BEHALF("test"), &rotation));
	readings_left = 1;
	CHECK_ERR(vs_certs_rotation_finish(two.a.certs, 0, false, "", VS_CORE_BEHALF("test")), IO);
	CHECK(view_of(&two.a).current == 2);
	readings_left = 100;
	CHECK_OK(issue(&two.a, reason));
	CHECK(view_of(&two.a).current == 1 && view_of(&two.a).next == 2);
	CHECK_OK(vs_certs_settle(two.a.certs, &is_changed));
	CHECK(!is_changed);
	two.a.keystore.vault = whole.vault;
	CHECK_OK(vs_certs_rotation_finish(two.a.certs, 0, false, "", VS_CORE_BEHALF("test")));
	two_end(&two);
}

/* The list that is being put together is whole, whatever was taken in between. */
static void
a_list_is_signed_whole(void)
{
	const struct vs_x509_crl_entry entry = {.serial_hex = "0a", .at_ms = 1};
	struct vs_keys_share_news news;
	struct vs_keys_share share;
	struct vs_bytes list;
	struct two two;

	two_make(&two);
	two_join(&two);
	share = share_of(&two.b);
	CHECK(view_of(&two.b).current == 1);
	vs_keys_ca_crl_begin(two.b.rig.keyd.ca);
	CHECK_OK(vs_keys_ca_crl_add(two.b.rig.keyd.ca, &entry));
	CHECK_OK(vs_keys_client_ca_next(two.b.client));
	CHECK_OK(vs_keys_share_follow(&share, &news));
	CHECK(news.is_changed);
	CHECK_OK(vs_keys_ca_crl_sign(two.b.rig.keyd.ca, 0, 1, 7, now_ms, &list));
	CHECK(memmem(list.data, list.size, "\x02\x01\x0a", 3) != NULL);
	two_end(&two);
}

int
main(void)
{
	CASE(begun_here_finished_there);
	CASE(who_is_late_takes_first);
	CASE(what_may_not_be_written_is_not_done);
	CASE(what_was_not_written_is_taken_back_later);
	CASE(a_list_is_signed_whole);
	return 0;
}
