/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about the certificate authority: fields in, keys/ca.h, fields out. */
#include <string.h>

#include "base/clock.h"
#include "keys/ca.h"
#include "keys/keyd.h"

#define ADD_MAX   1000  /* entries in one request */
#define PART_SIZE 61000 /* of a list in one answer */

/* The CA is read out of the vault when it is first asked for. */
static vs_result
open_ca(struct vs_keyd *keyd)
{
	return keyd->ca != NULL ? VS_OK : vs_keys_ca_open(keyd->vault, &keyd->ca);
}

static void
write_der(struct vs_keys_writer *answer, struct vs_buf *der)
{
	vs_keys_write_bytes(answer, vs_buf_view(der));
	vs_buf_done(der);
}

vs_result
vs_keyd_on_CA_VIEW(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	struct vs_keys_ca_view view;

	VS_TRY(vs_keys_read_end(request));
	VS_TRY(open_ca(keyd));
	VS_TRY(vs_keys_ca_view(keyd->ca, &view));
	vs_keys_write_u32(answer, view.current);
	vs_keys_write_u32(answer, view.next);
	vs_keys_write_u8(answer, view.is_development);
	vs_keys_write_u8(answer, view.has_root_key);
	vs_keys_write_text(answer, view.organisation);
	vs_keys_write_text(answer, view.hosts);
	vs_keys_write_text(answer, view.url);
	return VS_OK;
}

vs_result
vs_keyd_on_CA_CERT(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	uint32_t generation = vs_keys_read_u32(request);
	uint8_t which = vs_keys_read_u8(request);
	struct vs_buf der;
	vs_result r;

	VS_TRY(vs_keys_read_end(request));
	VS_TRY(open_ca(keyd));
	if (which >= VS_KEYS_CA_CERTS)
		return VS_FAIL(NOT_FOUND);
	vs_buf_init(&der, 8000);
	r = vs_keys_ca_cert(keyd->ca, generation, (enum vs_keys_ca_cert)which, &der);
	write_der(answer, &der);
	return r;
}

struct setup {
	char organisation[VS_X509_NAME_SIZE], hosts[VS_X509_NAMES_SIZE], url[VS_X509_URL_SIZE];
	struct vs_keys_ca_setup setup;
};

/* A key kind that is none is told when all fields are read. */
static vs_result
read_setup(const struct vs_keyd *keyd, struct vs_keys_reader *request, struct setup *setup)
{
	uint8_t kind;

	vs_keys_read_text(request, setup->organisation, sizeof(setup->organisation));
	vs_keys_read_text(request, setup->hosts, sizeof(setup->hosts));
	vs_keys_read_text(request, setup->url, sizeof(setup->url));
	kind = vs_keys_read_u8(request);
	setup->setup = (struct vs_keys_ca_setup){.organisation = setup->organisation,
	                                         .hosts = setup->hosts,
	                                         .url = setup->url,
	                                         .kind = (enum vs_x509_key_kind)kind,
	                                         .is_development = vs_keys_read_u8(request) == 1};
	if (kind >= VS_X509_KEY_KIND_COUNT)
		return VS_FAIL(BAD_VALUE);
	/* A production system has no development CA, whoever asks. */
	return keyd->is_production && setup->setup.is_development ? VS_FAIL(FORBIDDEN) : VS_OK;
}

vs_result
vs_keyd_on_CA_MAKE(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	const char *reason = NULL;
	struct setup setup;
	vs_result r = read_setup(keyd, request, &setup);

	(void)answer;
	VS_TRY(vs_keys_read_end(request));
	VS_TRY(r);
	VS_TRY(open_ca(keyd));
	return vs_keys_ca_make(keyd->ca, &setup.setup, vs_clock_wall_ms(), &reason);
}

vs_result
vs_keyd_on_CA_ADOPT(struct vs_keyd *keyd, struct vs_keys_reader *request,
                    struct vs_keys_writer *answer)
{
	struct vs_bytes root, issuing;
	struct setup setup;
	vs_result r = read_setup(keyd, request, &setup);

	(void)answer;
	root = vs_keys_read_bytes(request);
	issuing = vs_keys_read_bytes(request);
	VS_TRY(vs_keys_read_end(request));
	VS_TRY(r);
	/* Keys that lay in files are for development. */
	if (keyd->is_production)
		return VS_FAIL(FORBIDDEN);
	VS_TRY(open_ca(keyd));
	return vs_keys_ca_adopt(keyd->ca, &setup.setup, root, issuing);
}

vs_result
vs_keyd_on_CA_CERTIFY(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	char common_name[VS_X509_NAME_SIZE], hosts[VS_X509_NAMES_SIZE];
	struct vs_keys_certify certify = {.common_name = common_name, .hosts = hosts};
	const char *reason = NULL;
	struct vs_buf der;
	uint8_t profile;
	vs_result r;

	certify.generation = vs_keys_read_u32(request);
	profile = vs_keys_read_u8(request);
	certify.csr = vs_keys_read_bytes(request);
	vs_keys_read_text(request, common_name, sizeof(common_name));
	vs_keys_read_text(request, hosts, sizeof(hosts));
	certify.days = vs_keys_read_u32(request);
	VS_TRY(vs_keys_read_end(request));
	if (profile >= VS_X509_PROFILE_COUNT)
		return VS_FAIL(BAD_VALUE);
	certify.profile = (enum vs_x509_profile)profile;
	if (certify.profile != VS_X509_server)
		certify.hosts = NULL;
	VS_TRY(open_ca(keyd));
	vs_buf_init(&der, 4000);
	r = vs_keys_ca_certify(keyd->ca, &certify, vs_clock_wall_ms(), &der, &reason);
	write_der(answer, &der);
	return r;
}

/* --- revocation lists and OCSP --------------------------------------------------------------- */

static vs_result
read_entry(struct vs_keys_reader *request, struct vs_x509_crl_entry *entry)
{
	uint8_t reason;

	vs_keys_read_text(request, entry->serial_hex, sizeof(entry->serial_hex));
	reason = vs_keys_read_u8(request);
	entry->at_ms = (int64_t)vs_keys_read_u64(request);
	if (request->is_bad || reason >= VS_X509_REASON_COUNT || entry->at_ms < 0)
		return VS_FAIL(BAD_VALUE);
	entry->reason = (enum vs_x509_reason)reason;
	return VS_OK;
}

vs_result
vs_keyd_on_CA_CRL_ADD(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	bool is_first = vs_keys_read_u8(request) == 1;
	uint16_t count = vs_keys_read_u16(request);

	(void)answer;
	if (request->is_bad || count > ADD_MAX)
		return VS_FAIL(BAD_MESSAGE);
	VS_TRY(open_ca(keyd));
	if (is_first)
		vs_keys_ca_crl_begin(keyd->ca);
	for (uint16_t i = 0; i < count; i++) {
		struct vs_x509_crl_entry entry;

		VS_TRY(read_entry(request, &entry));
		VS_TRY(vs_keys_ca_crl_add(keyd->ca, &entry));
	}
	return vs_keys_read_end(request);
}

vs_result
vs_keyd_on_CA_CRL_SIGN(struct vs_keyd *keyd, struct vs_keys_reader *request,
                       struct vs_keys_writer *answer)
{
	uint32_t generation = vs_keys_read_u32(request);
	uint64_t number = vs_keys_read_u64(request);
	uint32_t days = vs_keys_read_u32(request);
	struct vs_bytes list;

	VS_TRY(vs_keys_read_end(request));
	VS_TRY(open_ca(keyd));
	VS_TRY(vs_keys_ca_crl_sign(keyd->ca, generation, (int64_t)number, days, vs_clock_wall_ms(),
	                           &list));
	vs_keys_write_u32(answer, (uint32_t)list.size);
	return VS_OK;
}

vs_result
vs_keyd_on_CA_CRL_READ(struct vs_keyd *keyd, struct vs_keys_reader *request,
                       struct vs_keys_writer *answer)
{
	uint32_t offset = vs_keys_read_u32(request);
	struct vs_bytes list;
	size_t size;

	VS_TRY(vs_keys_read_end(request));
	VS_TRY(open_ca(keyd));
	list = vs_keys_ca_crl(keyd->ca);
	if (offset >= list.size)
		return VS_FAIL(NOT_FOUND);
	size = list.size - offset < PART_SIZE ? list.size - offset : PART_SIZE;
	vs_keys_write_bytes(answer, vs_bytes_from(list.data + offset, size));
	return VS_OK;
}

vs_result
vs_keyd_on_CA_OCSP(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	struct vs_x509_ocsp_status statuses[VS_X509_OCSP_ITEMS];
	struct vs_bytes asked = vs_keys_read_bytes(request);
	uint32_t hours = vs_keys_read_u32(request);
	uint8_t count = vs_keys_read_u8(request);
	struct vs_buf der;
	vs_result r;

	if (request->is_bad || count > VS_X509_OCSP_ITEMS)
		return VS_FAIL(BAD_MESSAGE);
	for (uint8_t i = 0; i < count; i++) {
		uint8_t status = vs_keys_read_u8(request), reason = vs_keys_read_u8(request);

		statuses[i].at_ms = (int64_t)vs_keys_read_u64(request);
		if (status > VS_X509_STATUS_UNKNOWN || reason >= VS_X509_REASON_COUNT ||
		    statuses[i].at_ms < 0)
			return VS_FAIL(BAD_VALUE);
		statuses[i].status = (enum vs_x509_status)status;
		statuses[i].reason = (enum vs_x509_reason)reason;
	}
	VS_TRY(vs_keys_read_end(request));
	VS_TRY(open_ca(keyd));
	vs_buf_init(&der, 16000);
	r = vs_keys_ca_ocsp_sign(keyd->ca, asked, statuses, count, hours, vs_clock_wall_ms(), &der);
	write_der(answer, &der);
	return r;
}

/* --- life of the root ------------------------------------------------------------------------ */

static vs_result
begin_change(struct vs_keyd *keyd, const struct vs_keys_reader *request)
{
	VS_TRY(vs_keys_read_end(request));
	return open_ca(keyd);
}

vs_result
vs_keyd_on_CA_NEXT(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	(void)answer;
	VS_TRY(begin_change(keyd, request));
	return vs_keys_ca_next(keyd->ca, vs_clock_wall_ms());
}

vs_result
vs_keyd_on_CA_PROMOTE(struct vs_keyd *keyd, struct vs_keys_reader *request,
                      struct vs_keys_writer *answer)
{
	(void)answer;
	VS_TRY(begin_change(keyd, request));
	return vs_keys_ca_promote(keyd->ca);
}

vs_result
vs_keyd_on_CA_DROP(struct vs_keyd *keyd, struct vs_keys_reader *request,
                   struct vs_keys_writer *answer)
{
	(void)answer;
	VS_TRY(begin_change(keyd, request));
	return vs_keys_ca_drop(keyd->ca);
}

static vs_result
read_passphrase(struct vs_keys_reader *request, struct vs_secret **secret_out)
{
	struct vs_bytes bytes = vs_keys_read_bytes(request);

	VS_TRY(vs_keys_read_end(request));
	if (bytes.size == 0)
		return VS_FAIL(BAD_VALUE);
	VS_TRY(vs_secret_new(bytes.size, secret_out));
	memcpy(vs_secret_bytes(*secret_out), bytes.data, bytes.size);
	return VS_OK;
}

vs_result
vs_keyd_on_CA_ROOT_EXPORT(struct vs_keyd *keyd, struct vs_keys_reader *request,
                          struct vs_keys_writer *answer)
{
	struct vs_secret *passphrase = NULL;
	struct vs_buf pem;
	vs_result r;

	VS_TRY(read_passphrase(request, &passphrase));
	vs_buf_init(&pem, 8000);
	r = open_ca(keyd);
	if (r.code == VS_E_OK)
		r = vs_keys_ca_export_root(keyd->ca, passphrase, &pem);
	vs_secret_free(&passphrase);
	write_der(answer, &pem);
	return r;
}

vs_result
vs_keyd_on_CA_ROOT_FORGET(struct vs_keyd *keyd, struct vs_keys_reader *request,
                          struct vs_keys_writer *answer)
{
	(void)answer;
	VS_TRY(begin_change(keyd, request));
	return vs_keys_ca_forget_root(keyd->ca);
}

vs_result
vs_keyd_on_CA_ROOT_IMPORT(struct vs_keyd *keyd, struct vs_keys_reader *request,
                          struct vs_keys_writer *answer)
{
	struct vs_bytes pem = vs_keys_read_bytes(request);
	struct vs_secret *passphrase = NULL;
	vs_result r;

	(void)answer;
	VS_TRY(read_passphrase(request, &passphrase));
	r = open_ca(keyd);
	if (r.code == VS_E_OK)
		r = vs_keys_ca_import_root(keyd->ca, pem, passphrase);
	vs_secret_free(&passphrase);
	return r;
}
