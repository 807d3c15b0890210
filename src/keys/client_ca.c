/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/client_ca.h"

#include <string.h>

#include "base/limits.h"
#include "keys/client_inside.h"

#define ADD_MAX 1000

/* The answer is one field, appended to `out`. */
static vs_result
finish_bytes(struct vs_keys_exchange *exchange, struct vs_buf *out)
{
	return vs_keys_exchange_append(exchange, vs_keys_exchange_call(exchange), out);
}

vs_result
vs_keys_client_ca_view(struct vs_keys_client *client, struct vs_keys_ca_view *view_out)
{
	struct vs_keys_ca_view view = {.current = 0};
	struct vs_keys_exchange exchange;
	vs_result r;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_VIEW);
	r = vs_keys_exchange_call(&exchange);
	view.current = vs_keys_read_u32(&exchange.answer);
	view.next = vs_keys_read_u32(&exchange.answer);
	view.is_development = vs_keys_read_u8(&exchange.answer) != 0;
	view.has_root_key = vs_keys_read_u8(&exchange.answer) != 0;
	vs_keys_read_text(&exchange.answer, view.organisation, sizeof(view.organisation));
	vs_keys_read_text(&exchange.answer, view.hosts, sizeof(view.hosts));
	vs_keys_read_text(&exchange.answer, view.url, sizeof(view.url));
	VS_TRY(vs_keys_exchange_end(&exchange, r));
	*view_out = view;
	return VS_OK;
}

static void
write_setup(struct vs_keys_writer *request, const struct vs_keys_ca_setup *setup)
{
	vs_keys_write_text(request, setup->organisation);
	vs_keys_write_text(request, setup->hosts);
	vs_keys_write_text(request, setup->url);
	vs_keys_write_u8(request, (uint8_t)setup->kind);
	vs_keys_write_u8(request, setup->is_development);
}

vs_result
vs_keys_client_ca_make(struct vs_keys_client *client, const struct vs_keys_ca_setup *setup)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_MAKE);
	write_setup(&exchange.request, setup);
	return vs_keys_exchange_finish(&exchange);
}

vs_result
vs_keys_client_ca_adopt(struct vs_keys_client *client, const struct vs_keys_ca_setup *setup,
                        struct vs_bytes root, struct vs_bytes issuing)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_ADOPT);
	write_setup(&exchange.request, setup);
	vs_keys_write_bytes(&exchange.request, root);
	vs_keys_write_bytes(&exchange.request, issuing);
	return vs_keys_exchange_finish(&exchange);
}

vs_result
vs_keys_client_ca_cert(struct vs_keys_client *client, uint32_t generation,
                       enum vs_keys_ca_cert which, struct vs_buf *der)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_CERT);
	vs_keys_write_u32(&exchange.request, generation);
	vs_keys_write_u8(&exchange.request, (uint8_t)which);
	return finish_bytes(&exchange, der);
}

vs_result
vs_keys_client_ca_certify(struct vs_keys_client *client, const struct vs_keys_certify *certify,
                          struct vs_buf *der)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_CERTIFY);
	vs_keys_write_u32(&exchange.request, certify->generation);
	vs_keys_write_u8(&exchange.request, (uint8_t)certify->profile);
	vs_keys_write_bytes(&exchange.request, certify->csr);
	vs_keys_write_text(&exchange.request,
	                   certify->common_name != NULL ? certify->common_name : "");
	vs_keys_write_text(&exchange.request, certify->hosts != NULL ? certify->hosts : "");
	vs_keys_write_u32(&exchange.request, certify->days);
	return finish_bytes(&exchange, der);
}

static vs_result
add_entries(struct vs_keys_client *client, const struct vs_x509_crl_entry *entries, size_t count)
{
	size_t done = 0;

	do {
		size_t part = count - done < ADD_MAX ? count - done : ADD_MAX;
		struct vs_keys_exchange exchange;

		vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_CRL_ADD);
		vs_keys_write_u8(&exchange.request, done == 0);
		vs_keys_write_u16(&exchange.request, (uint16_t)part);
		for (size_t i = 0; i < part; i++) {
			vs_keys_write_text(&exchange.request, entries[done + i].serial_hex);
			vs_keys_write_u8(&exchange.request, (uint8_t)entries[done + i].reason);
			vs_keys_write_u64(&exchange.request, (uint64_t)entries[done + i].at_ms);
		}
		VS_TRY(vs_keys_exchange_finish(&exchange));
		done += part;
	} while (done < count);
	return VS_OK;
}

vs_result
vs_keys_client_ca_crl(struct vs_keys_client *client, uint32_t generation, int64_t number,
                      uint32_t days, const struct vs_x509_crl_entry *entries, size_t count,
                      struct vs_buf *der)
{
	size_t begin = der->size;
	struct vs_keys_exchange exchange;
	uint32_t size;
	vs_result r;

	VS_TRY(add_entries(client, entries, count));
	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_CRL_SIGN);
	vs_keys_write_u32(&exchange.request, generation);
	vs_keys_write_u64(&exchange.request, (uint64_t)number);
	vs_keys_write_u32(&exchange.request, days);
	r = vs_keys_exchange_call(&exchange);
	size = vs_keys_read_u32(&exchange.answer);
	r = vs_keys_exchange_end(&exchange, r);
	while (r.code == VS_E_OK && der->size - begin < size) {
		vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_CRL_READ);
		vs_keys_write_u32(&exchange.request, (uint32_t)(der->size - begin));
		r = finish_bytes(&exchange, der);
	}
	if (r.code != VS_E_OK)
		der->size = begin;
	return r;
}

vs_result
vs_keys_client_ca_ocsp(struct vs_keys_client *client, struct vs_bytes request,
                       const struct vs_x509_ocsp_status *statuses, size_t count, uint32_t hours,
                       struct vs_buf *der)
{
	struct vs_keys_exchange exchange;

	if (count > VS_X509_OCSP_ITEMS)
		return VS_FAIL(TOO_LONG);
	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_OCSP);
	vs_keys_write_bytes(&exchange.request, request);
	vs_keys_write_u32(&exchange.request, hours);
	vs_keys_write_u8(&exchange.request, (uint8_t)count);
	for (size_t i = 0; i < count; i++) {
		vs_keys_write_u8(&exchange.request, (uint8_t)statuses[i].status);
		vs_keys_write_u8(&exchange.request, (uint8_t)statuses[i].reason);
		vs_keys_write_u64(&exchange.request, (uint64_t)statuses[i].at_ms);
	}
	return finish_bytes(&exchange, der);
}

vs_result
vs_keys_client_ca_next(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_CA_NEXT);
}

vs_result
vs_keys_client_ca_promote(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_CA_PROMOTE);
}

vs_result
vs_keys_client_ca_drop(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_CA_DROP);
}

vs_result
vs_keys_client_ca_root_export(struct vs_keys_client *client, struct vs_secret *passphrase,
                              struct vs_buf *pem)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_ROOT_EXPORT);
	vs_keys_write_bytes(&exchange.request,
	                    vs_bytes_from(vs_secret_bytes(passphrase), vs_secret_size(passphrase)));
	return finish_bytes(&exchange, pem);
}

vs_result
vs_keys_client_ca_root_forget(struct vs_keys_client *client)
{
	return vs_keys_exchange_ask(client, VS_KEYS_CA_ROOT_FORGET);
}

vs_result
vs_keys_client_ca_root_import(struct vs_keys_client *client, struct vs_bytes pem,
                              struct vs_secret *passphrase)
{
	struct vs_keys_exchange exchange;

	vs_keys_exchange_begin(&exchange, client, VS_KEYS_CA_ROOT_IMPORT);
	vs_keys_write_bytes(&exchange.request, pem);
	vs_keys_write_bytes(&exchange.request,
	                    vs_bytes_from(vs_secret_bytes(passphrase), vs_secret_size(passphrase)));
	return vs_keys_exchange_finish(&exchange);
}
