/* SPDX-License-Identifier: Apache-2.0 */
#include "central/certificate.h"

#include "test.h"

#define SPKI_11 "1111111111111111111111111111111111111111111111111111111111111111"
#define SPKI_33 "3333333333333333333333333333333333333333333333333333333333333333"
#define SPKI_22 "2222222222222222222222222222222222222222222222222222222222222222"

static struct vs_central_leniency leniency;
static struct vs_core_revocations *revocations;
static struct vs_core_trusts *trusts;
static struct vs_central_rules rules;

/* A peer with this name; its key hashes to 11.., its issuer's to 22.., its anchor's to 33... */
static struct vs_central_credential
read(const char *name, size_t size, uint8_t count, const char *organisation)
{
	struct vs_tls_peer peer = {.common_name = vs_bytes_from(name, size),
	                           .organisation = vs_bytes_from_text(organisation),
	                           .common_name_count = count,
	                           .organisation_count = 1,
	                           .serial_hex = "abc",
	                           .not_after_ms = 1000};
	struct vs_central_credential credential;

	memset(peer.spki, 0x11, sizeof(peer.spki));
	memset(peer.issuer_spki, 0x22, sizeof(peer.issuer_spki));
	memset(peer.anchor_spki, 0x33, sizeof(peer.anchor_spki));
	vs_central_credential_read(&peer, &credential);
	CHECK(credential.has_certificate);
	return credential;
}

static struct vs_central_credential
good(void)
{
	return read("CS-1", 4, 1, "North AG");
}

static void
name_is(const char *name, size_t size, uint8_t count, enum vs_central_refusal refusal)
{
	struct vs_central_credential credential = read(name, size, count, "North AG");

	if (credential.name_refusal != refusal)
		(void)fprintf(stderr, "%s: %s\n", name,
		              vs_central_refusal_text(credential.name_refusal));
	CHECK(credential.name_refusal == refusal);
	CHECK(credential.has_name == (refusal == VS_CENTRAL_ADMITTED));
	CHECK(vs_central_certificate_judge(&rules, &credential, 0) == refusal);
}

static void
names(void)
{
	name_is("CS-1", 4, 1, VS_CENTRAL_ADMITTED);
	name_is("DE.ABC.12.34", 12, 1, VS_CENTRAL_ADMITTED);
	name_is("1.2.3", 5, 1, VS_CENTRAL_ADMITTED);
	name_is("1.2.3.999", 9, 1, VS_CENTRAL_ADMITTED); /* no address either */
	name_is("", 0, 0, VS_CENTRAL_NAME_MISSING);
	name_is("", 0, 1, VS_CENTRAL_NAME_BAD); /* one that cannot be read */
	name_is("", 0, 2, VS_CENTRAL_NAME_SEVERAL);
	name_is("CS-1\0.evil", 10, 1, VS_CENTRAL_NAME_NUL);
	name_is("192.0.2.1", 9, 1, VS_CENTRAL_NAME_ADDRESS);
	name_is("2001:db8::1", 11, 1, VS_CENTRAL_NAME_ADDRESS);
	name_is("::1", 3, 1, VS_CENTRAL_NAME_ADDRESS);
	name_is("wss://csms.example/CS-1", 23, 1, VS_CENTRAL_NAME_ADDRESS);
	name_is("WWW.example.org", 15, 1, VS_CENTRAL_NAME_ADDRESS);
	name_is("CS 1", 4, 1, VS_CENTRAL_NAME_BAD);
	name_is("CS:1", 4, 1, VS_CENTRAL_NAME_BAD);
	name_is("CS\xc3\xa9", 4, 1, VS_CENTRAL_NAME_BAD);
}

static void
values(void)
{
	struct vs_central_credential c = good();
	char longer[VS_CORE_ORGANISATION_SIZE + 1];

	CHECK(strcmp(c.common_name, "CS-1") == 0 && strcmp(c.organisation, "North AG") == 0);
	CHECK(c.not_after_ms == 1000 && c.link_count == 1);
	CHECK(strcmp(c.links[0].serial, "abc") == 0 && strcmp(c.links[0].spki, SPKI_11) == 0 &&
	      strcmp(c.links[0].issuer, SPKI_22) == 0);
	/* What does not fit is no organisation, not a shorter one. */
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	c = read("CS-1", 4, 1, longer);
	CHECK(c.organisation[0] == '\0');
}

static void
time_and_revocation(void)
{
	struct vs_core_revocation own = {1, VS_CORE_REVOKED_CERTIFICATE, "", SPKI_22 ":abc", 0};
	struct vs_central_credential c = good();
	struct vs_core_feed *feed = NULL;

	CHECK(vs_central_certificate_judge(&rules, &c, 1000) == VS_CENTRAL_ADMITTED);
	CHECK(vs_central_certificate_judge(&rules, &c, 1001) == VS_CENTRAL_CERTIFICATE_EXPIRED);
	/* A stale CRL: what it does not name is refused, unless it may pass. */
	CHECK_OK(vs_core_feed_new("crl", SPKI_22, 0, 500, &feed));
	CHECK_OK(vs_core_revocations_replace_feeds(revocations, &feed, 1));
	CHECK(vs_central_certificate_judge(&rules, &c, 500) == VS_CENTRAL_ADMITTED);
	CHECK(vs_central_certificate_judge(&rules, &c, 501) == VS_CENTRAL_REVOCATION_STALE);
	atomic_store(&leniency.is_stale_allowed, true);
	CHECK(vs_central_certificate_judge(&rules, &c, 501) == VS_CENTRAL_ADMITTED);
	atomic_store(&leniency.is_stale_allowed, false);
	CHECK_OK(vs_core_revocations_replace_feeds(revocations, NULL, 0));
	CHECK_OK(vs_core_revocations_add(revocations, &own));
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_CERTIFICATE_REVOKED);
	c.has_certificate = false;
	CHECK(vs_central_certificate_judge(&rules, &c, 5000) == VS_CENTRAL_ADMITTED);
}

/* RFC 5280 6.1.3: an issuing CA between the certificate and the one that is trusted. */
static void
what_is_between(void)
{
	struct vs_core_revocation own = {2, VS_CORE_REVOKED_CERTIFICATE, "", SPKI_33 ":b1", 0};
	struct vs_tls_link link = {.serial_hex = "b1"};
	struct vs_tls_peer peer = {.common_name = vs_bytes_from_text("CS-3"),
	                           .common_name_count = 1,
	                           .serial_hex = "c3",
	                           .not_after_ms = 1000,
	                           .links = &link,
	                           .link_count = 1};
	struct vs_central_credential c;
	struct vs_core_feed *feed = NULL;

	memset(peer.spki, 0x66, sizeof(peer.spki));
	memset(peer.issuer_spki, 0x77, sizeof(peer.issuer_spki));
	memset(peer.anchor_spki, 0x33, sizeof(peer.anchor_spki));
	memset(link.spki, 0x77, sizeof(link.spki));
	memset(link.issuer_spki, 0x33, sizeof(link.issuer_spki));
	vs_central_credential_read(&peer, &c);
	CHECK(c.link_count == 2 && strcmp(c.links[1].issuer, SPKI_33) == 0);
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_ADMITTED);
	/* The root's list names it, or is out of date. */
	CHECK_OK(vs_core_feed_new("root", SPKI_33, 0, 500, &feed));
	CHECK_OK(vs_core_revocations_replace_feeds(revocations, &feed, 1));
	CHECK(vs_central_certificate_judge(&rules, &c, 500) == VS_CENTRAL_ADMITTED);
	CHECK(vs_central_certificate_judge(&rules, &c, 501) == VS_CENTRAL_REVOCATION_STALE);
	CHECK_OK(vs_core_feed_new("root", SPKI_33, 0, 500, &feed));
	CHECK_OK(vs_core_feed_add(feed, "b1"));
	CHECK_OK(vs_core_revocations_replace_feeds(revocations, &feed, 1));
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_CERTIFICATE_REVOKED);
	CHECK_OK(vs_core_revocations_replace_feeds(revocations, NULL, 0));
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_ADMITTED);
	CHECK_OK(vs_core_revocations_add(revocations, &own));
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_CERTIFICATE_REVOKED);
}

static void
anchors(void)
{
	uint8_t spkis[VS_CORE_SPKI_SIZE];
	struct vs_central_credential c = read("CS-2", 4, 1, "North AG");

	(void)snprintf(c.links[0].serial, sizeof(c.links[0].serial), "def");
	memset(spkis, 0x33, sizeof(spkis));
	CHECK_OK(vs_core_trusts_set_anchors(trusts, spkis, 1));
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_ADMITTED);
	memset(spkis, 0x44, sizeof(spkis));
	CHECK_OK(vs_core_trusts_set_anchors(trusts, spkis, 1));
	CHECK(vs_central_certificate_judge(&rules, &c, 0) == VS_CENTRAL_CERTIFICATE_UNTRUSTED);
	CHECK_OK(vs_core_trusts_set_anchors(trusts, NULL, 0));
}

/* A00.FR.404, and nobody comes in by the certificate of another tenant. */
static void
tenants(void)
{
	struct vs_core_trust rows[3] = {{.tenant = "north", .organisation = "North AG"},
	                                {.tenant = "south", .organisation = "South AG"},
	                                {.tenant = "bound", .has_ca = true}};
	struct vs_central_credential c = good();

	CHECK(vs_central_certificate_fits(&rules, "north", &c) == VS_CENTRAL_ADMITTED);
	memset(rows[2].ca_spki, 0x55, sizeof(rows[2].ca_spki));
	CHECK_OK(vs_core_trusts_replace(trusts, rows, 3));
	CHECK(vs_central_certificate_fits(&rules, "north", &c) == VS_CENTRAL_ADMITTED);
	CHECK(vs_central_certificate_fits(&rules, "south", &c) == VS_CENTRAL_OTHER_TENANT);
	CHECK(vs_central_certificate_fits(&rules, "nobody", &c) == VS_CENTRAL_OTHER_TENANT);
	c = read("CS-1", 4, 1, "East AG");
	CHECK(vs_central_certificate_fits(&rules, "north", &c) == VS_CENTRAL_WRONG_ORGANISATION);
	CHECK(vs_central_certificate_fits(&rules, "nobody", &c) == VS_CENTRAL_ADMITTED);
	CHECK(vs_central_certificate_fits(&rules, "bound", &c) == VS_CENTRAL_OTHER_TENANT);
	memset(rows[2].ca_spki, 0x33, sizeof(rows[2].ca_spki)); /* its anchor */
	CHECK_OK(vs_core_trusts_replace(trusts, rows, 3));
	CHECK(vs_central_certificate_fits(&rules, "bound", &c) == VS_CENTRAL_ADMITTED);
	c = good();
	CHECK(vs_central_certificate_fits(&rules, "north", &c) == VS_CENTRAL_OTHER_TENANT);
	CHECK(vs_central_certificate_fits(&rules, "north", NULL) == VS_CENTRAL_ADMITTED);
}

static void
what_the_standard_calls_invalid(void)
{
	CHECK(vs_central_refusal_is_certificate(VS_CENTRAL_CERTIFICATE_EXPIRED));
	CHECK(vs_central_refusal_is_certificate(VS_CENTRAL_OTHER_TENANT));
	CHECK(vs_central_refusal_is_certificate(VS_CENTRAL_IDENTITY_MISMATCH));
	CHECK(!vs_central_refusal_is_certificate(VS_CENTRAL_NO_CERTIFICATE));
	CHECK(!vs_central_refusal_is_certificate(VS_CENTRAL_WRONG_PASSWORD));
}

int
main(void)
{
	CHECK_OK(vs_core_revocations_new(&revocations));
	CHECK_OK(vs_core_trusts_new(&trusts));
	rules = (struct vs_central_rules){
	    .revocations = revocations, .trusts = trusts, .leniency = &leniency};
	CASE(names);
	CASE(values);
	CASE(time_and_revocation);
	CASE(what_is_between);
	CASE(anchors);
	CASE(tenants);
	CASE(what_the_standard_calls_invalid);
	vs_core_trusts_free(&trusts);
	vs_core_revocations_free(&revocations);
	return 0;
}
