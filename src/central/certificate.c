/* SPDX-License-Identifier: Apache-2.0 */
#include "central/certificate.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "wire/base64.h"

/* An IPv4 address: four numbers. An identity may well hold dots and digits. */
static bool
is_ipv4(struct vs_bytes name)
{
	unsigned dots = 0, digits = 0, number = 0;

	for (size_t i = 0; i < name.size; i++) {
		if (name.data[i] == '.') {
			if (digits == 0 || ++dots > 3)
				return false;
			digits = number = 0;
			continue;
		}
		if (name.data[i] < '0' || name.data[i] > '9' || ++digits > 3)
			return false;
		number = number * 10 + (name.data[i] - (unsigned)'0');
		if (number > 255)
			return false;
	}
	return dots == 3 && digits > 0;
}

/* Hexadecimal groups with at least two colons; no identity has a colon at all. */
static bool
is_ipv6(struct vs_bytes name)
{
	size_t colons = 0;

	for (size_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		colons += c == ':';
		if (strchr("0123456789abcdefABCDEF:.", c) == NULL || c == '\0')
			return false;
	}
	return colons >= 2;
}

static bool
is_url(struct vs_bytes name)
{
	return memmem(name.data, name.size, "://", 3) != NULL ||
	       (name.size >= 4 && strncasecmp((const char *)name.data, "www.", 4) == 0);
}

static enum vs_central_refusal
judge_name(const struct vs_tls_peer *peer)
{
	struct vs_bytes name = peer->common_name;

	if (peer->common_name_count == 0)
		return VS_CENTRAL_NAME_MISSING;
	if (peer->common_name_count > 1)
		return VS_CENTRAL_NAME_SEVERAL;
	if (name.size == 0)
		return VS_CENTRAL_NAME_BAD;
	if (memchr(name.data, '\0', name.size) != NULL)
		return VS_CENTRAL_NAME_NUL;
	/* A00.FR.511: a serial number, not where something is. */
	if (is_url(name) || is_ipv4(name) || is_ipv6(name))
		return VS_CENTRAL_NAME_ADDRESS;
	return vs_core_identity_is_valid(name) ? VS_CENTRAL_ADMITTED : VS_CENTRAL_NAME_BAD;
}

static void
add_link(struct vs_central_credential *credential, const uint8_t spki[static VS_CORE_SPKI_SIZE],
         const uint8_t issuer_spki[static VS_CORE_SPKI_SIZE], const char *serial)
{
	struct vs_central_link *link = &credential->links[credential->link_count];

	assert(credential->link_count <= VS_TLS_LINKS_MAX);
	credential->link_count++;
	(void)vs_hex_encode(vs_bytes_from(spki, VS_CORE_SPKI_SIZE), link->spki, sizeof(link->spki));
	(void)vs_hex_encode(vs_bytes_from(issuer_spki, VS_CORE_SPKI_SIZE), link->issuer,
	                    sizeof(link->issuer));
	vs_text_copy(serial, link->serial, sizeof(link->serial));
}

void
vs_central_credential_read(const struct vs_tls_peer *peer,
                           struct vs_central_credential *credential_out)
{
	struct vs_central_credential *c = credential_out;

	assert(peer != NULL && c != NULL);
	memset(c, 0, sizeof(*c));
	c->has_certificate = true;
	c->not_after_ms = peer->not_after_ms;
	memcpy(c->fingerprint, peer->fingerprint, sizeof(c->fingerprint));
	memcpy(c->issuer_spki, peer->issuer_spki, sizeof(c->issuer_spki));
	memcpy(c->anchor_spki, peer->anchor_spki, sizeof(c->anchor_spki));
	add_link(c, peer->spki, peer->issuer_spki, peer->serial_hex);
	for (size_t i = 0; i < peer->link_count; i++)
		add_link(c, peer->links[i].spki, peer->links[i].issuer_spki,
		         peer->links[i].serial_hex);
	c->name_refusal = judge_name(peer);
	c->has_name = c->name_refusal == VS_CENTRAL_ADMITTED;
	if (c->has_name)
		(void)vs_bytes_copy_text(peer->common_name, c->common_name, sizeof(c->common_name));
	/* One that is cut would be another one. */
	if (peer->organisation.size > 0 && peer->organisation.size < sizeof(c->organisation) &&
	    memchr(peer->organisation.data, '\0', peer->organisation.size) == NULL)
		(void)vs_bytes_copy_text(peer->organisation, c->organisation,
		                         sizeof(c->organisation));
}

static enum vs_central_refusal
judge_revocation(const struct vs_central_rules *rules, const struct vs_central_link *link,
                 int64_t now_ms)
{
	const struct vs_core_certificate certificate = {link->issuer, link->spki, link->serial};

	if (rules->revocations == NULL)
		return VS_CENTRAL_ADMITTED;
	switch (vs_core_revocations_ask(rules->revocations, &certificate, now_ms)) {
	case VS_CORE_STANDING_GOOD:
		break;
	case VS_CORE_STANDING_STALE:
		return rules->is_lenient || (rules->leniency != NULL &&
		                             atomic_load(&rules->leniency->is_stale_allowed))
		           ? VS_CENTRAL_ADMITTED
		           : VS_CENTRAL_REVOCATION_STALE;
	case VS_CORE_STANDING_REVOKED:
		return VS_CENTRAL_CERTIFICATE_REVOKED;
	}
	return VS_CENTRAL_ADMITTED;
}

/* What the responder of its CA says, as far as it is known. */
static enum vs_central_refusal
judge_status(const struct vs_central_rules *rules, const struct vs_central_link *link,
             int64_t now_ms)
{
	if (rules->statuses == NULL)
		return VS_CENTRAL_ADMITTED;
	switch (vs_core_statuses_ask(rules->statuses, link->issuer, link->serial, now_ms)) {
	case VS_CORE_STATUS_GOOD:
	case VS_CORE_STATUS_UNASKED:
		break;
	case VS_CORE_STATUS_REVOKED:
		return VS_CENTRAL_CERTIFICATE_REVOKED;
	case VS_CORE_STATUS_UNKNOWN:
		return rules->is_lenient || (rules->leniency != NULL &&
		                             atomic_load(&rules->leniency->is_unknown_allowed))
		           ? VS_CENTRAL_ADMITTED
		           : VS_CENTRAL_STATUS_UNKNOWN;
	}
	return VS_CENTRAL_ADMITTED;
}

/* RFC 5280 6.1.3: none of the path is revoked. */
static enum vs_central_refusal
judge_path(const struct vs_central_rules *rules, const struct vs_central_credential *credential,
           int64_t now_ms)
{
	enum vs_central_refusal refusal = VS_CENTRAL_ADMITTED;

	for (size_t i = 0; refusal == VS_CENTRAL_ADMITTED && i < credential->link_count; i++) {
		refusal = judge_revocation(rules, &credential->links[i], now_ms);
		if (refusal == VS_CENTRAL_ADMITTED)
			refusal = judge_status(rules, &credential->links[i], now_ms);
	}
	return refusal;
}

enum vs_central_refusal
vs_central_certificate_judge(const struct vs_central_rules *rules,
                             const struct vs_central_credential *credential, int64_t now_ms)
{
	assert(rules != NULL && credential != NULL);
	if (!credential->has_certificate)
		return VS_CENTRAL_ADMITTED;
	if (credential->name_refusal != VS_CENTRAL_ADMITTED)
		return credential->name_refusal;
	/* A full handshake has checked it; a resumed one did not look at the clock. */
	if (credential->not_after_ms < now_ms && !credential->is_excused)
		return VS_CENTRAL_CERTIFICATE_EXPIRED;
	if (rules->trusts != NULL &&
	    !vs_core_trusts_has_anchor(rules->trusts, credential->anchor_spki) &&
	    !vs_core_trusts_has_anchor(rules->trusts, credential->issuer_spki))
		return VS_CENTRAL_CERTIFICATE_UNTRUSTED;
	return judge_path(rules, credential, now_ms);
}

static bool
is_same(const uint8_t *a, const uint8_t *b)
{
	return vs_bytes_equal(vs_bytes_from(a, VS_CORE_SPKI_SIZE),
	                      vs_bytes_from(b, VS_CORE_SPKI_SIZE));
}

static bool
is_bound(const struct vs_core_trust *row, const struct vs_central_credential *credential)
{
	return !row->has_ca || is_same(row->ca_spki, credential->issuer_spki) ||
	       is_same(row->ca_spki, credential->anchor_spki);
}

enum vs_central_refusal
vs_central_certificate_fits(const struct vs_central_rules *rules, const char *tenant,
                            const struct vs_central_credential *credential)
{
	struct vs_core_trust row;

	assert(rules != NULL && tenant != NULL);
	if (rules->trusts == NULL || credential == NULL || !credential->has_certificate)
		return VS_CENTRAL_ADMITTED;
	if (vs_core_trusts_is_of_other(rules->trusts, tenant,
	                               vs_bytes_from_text(credential->organisation),
	                               credential->issuer_spki, credential->anchor_spki))
		return VS_CENTRAL_OTHER_TENANT;
	if (!vs_core_trusts_find(rules->trusts, tenant, &row))
		return VS_CENTRAL_ADMITTED;
	if (!is_bound(&row, credential))
		return VS_CENTRAL_OTHER_TENANT;
	if (row.organisation[0] != '\0' && strcmp(row.organisation, credential->organisation) != 0)
		return VS_CENTRAL_WRONG_ORGANISATION;
	return VS_CENTRAL_ADMITTED;
}

int64_t
vs_central_certificate_excuse(const struct vs_core_registry *registry,
                              const struct vs_central_credential *credential, int64_t now_ms)
{
	struct vs_core_station station;

	assert(registry != NULL && credential != NULL);
	if (!credential->has_certificate || !credential->has_name ||
	    credential->not_after_ms >= now_ms ||
	    vs_core_registry_find(registry, vs_bytes_from_text(credential->common_name), &station)
	            .code != VS_E_OK ||
	    station.policy.expired_until_ms <= now_ms)
		return 0;
	return station.policy.expired_until_ms;
}

bool
vs_central_refusal_is_certificate(enum vs_central_refusal refusal)
{
	return refusal >= VS_CENTRAL_CERTIFICATE_MISMATCH &&
	       refusal <= VS_CENTRAL_IDENTITY_MISMATCH;
}
