/* SPDX-License-Identifier: Apache-2.0 */
#include "central/late.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "central/reactor.h"
#include "wire/base64.h"

#define OCSP_TEXT_SIZE 5501u

/* --- what is said ------------------------------------------------------------------------------
 */

vs_result
vs_central_late_status(struct vs_buf *out, struct vs_bytes message_id, struct vs_bytes ocsp)
{
	size_t room = VS_BASE64_TEXT_SIZE(ocsp.size);
	char *text = calloc(1, room);
	struct vs_json_writer writer;

	if (text == NULL)
		return VS_FAIL(NO_MEMORY);
	if (ocsp.size > 0)
		(void)vs_base64_encode(VS_BASE64, ocsp, text, room);
	vs_buf_reset(out);
	vs_ocpp_result_begin(&writer, out, message_id);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "status");
	/* M06.FR.04: at most 5500 characters (2.0.1). */
	vs_json_write_text(&writer,
	                   text[0] != '\0' && room <= OCSP_TEXT_SIZE ? "Accepted" : "Failed");
	if (text[0] != '\0' && room <= OCSP_TEXT_SIZE) {
		vs_json_write_key(&writer, "ocspResult");
		vs_json_write_text(&writer, text);
	}
	vs_json_write_object_end(&writer);
	free(text);
	return vs_ocpp_message_end(&writer);
}

void
vs_central_write_no_contract(struct vs_json_writer *writer, const char *reason, const char *more)
{
	vs_json_write_object(writer);
	vs_json_write_key(writer, "status");
	vs_json_write_text(writer, "Failed");
	vs_json_write_key(writer, "exiResponse");
	vs_json_write_text(writer, "");
	vs_json_write_key(writer, "statusInfo");
	vs_json_write_object(writer);
	vs_json_write_key(writer, "reasonCode");
	vs_json_write_text(writer, reason);
	vs_json_write_key(writer, "additionalInfo");
	vs_json_write_text(writer, more);
	vs_json_write_object_end(writer);
	vs_json_write_object_end(writer);
}

vs_result
vs_central_late_contract(struct vs_buf *out, enum vs_ocpp_version version,
                         struct vs_bytes message_id, struct vs_bytes payload,
                         struct vs_json_tape *tape, bool *is_good_out)
{
	struct vs_ocpp_fault fault;
	struct vs_json_writer writer;
	bool is_good =
	    payload.size > 0 && vs_ocpp_payload_parse(version, VS_OCPP_Get15118EVCertificate,
	                                              VS_OCPP_RESULT, payload, tape, &fault)
					.code == VS_E_OK;

	vs_buf_reset(out);
	vs_ocpp_result_begin(&writer, out, message_id);
	if (is_good)
		vs_json_write_raw(&writer, vs_json_raw(tape, vs_json_root(tape)));
	else
		vs_central_write_no_contract(&writer, "NoAnswer",
		                             "the provider gave no answer that can be passed on");
	VS_TRY(vs_ocpp_message_end(&writer));
	*is_good_out = is_good;
	return VS_OK;
}

static void
put_id(struct vs_json_writer *writer, const struct vs_core_cert_id *id)
{
	vs_json_write_key(writer, "certificateHashData");
	vs_json_write_object(writer);
	vs_json_write_key(writer, "hashAlgorithm");
	vs_json_write_text(writer, id->algorithm);
	vs_json_write_key(writer, "issuerNameHash");
	vs_json_write_text(writer, id->issuer_name_hash);
	vs_json_write_key(writer, "issuerKeyHash");
	vs_json_write_text(writer, id->issuer_key_hash);
	vs_json_write_key(writer, "serialNumber");
	vs_json_write_text(writer, id->serial);
	vs_json_write_object_end(writer);
}

void
vs_central_write_chain(struct vs_json_writer *writer, const struct vs_core_chain_item *items,
                       size_t count)
{
	static const char *const words[] = {
	    [VS_CORE_CHAIN_FAILED] = "Failed",
	    [VS_CORE_CHAIN_GOOD] = "Good",
	    [VS_CORE_CHAIN_REVOKED] = "Revoked",
	    [VS_CORE_CHAIN_UNKNOWN] = "Unknown",
	};

	vs_json_write_object(writer);
	vs_json_write_key(writer, "certificateStatus");
	vs_json_write_array(writer);
	for (size_t i = 0; i < count; i++) {
		vs_json_write_object(writer);
		put_id(writer, &items[i].id);
		vs_json_write_key(writer, "source");
		vs_json_write_text(writer, items[i].is_by_list ? "CRL" : "OCSP");
		vs_json_write_key(writer, "status");
		vs_json_write_text(writer, words[items[i].status]);
		vs_json_write_key(writer, "nextUpdate");
		vs_json_write_time(writer, items[i].next_update_ms);
		vs_json_write_object_end(writer);
	}
	vs_json_write_array_end(writer);
	vs_json_write_object_end(writer);
}

/* --- to the reactor ----------------------------------------------------------------------------
 */

enum about { STATUS, CONTRACT, CHAIN };

struct late_mail {
	struct vs_central_reactor *reactor;
	vs_conn_id conn;
	char message_id[VS_OCPP_ID_SIZE];
	enum about about;
	size_t size;
	uint8_t data[];
};

static vs_result
write_items(const struct late_mail *mail, struct vs_buf *out)
{
	struct vs_core_chain_item items[VS_CORE_CHAIN_MAX];
	struct vs_json_writer writer;

	memcpy(items, mail->data, mail->size);
	vs_buf_reset(out);
	vs_ocpp_result_begin(&writer, out, vs_bytes_from_text(mail->message_id));
	vs_central_write_chain(&writer, items, mail->size / sizeof(items[0]));
	return vs_ocpp_message_end(&writer);
}

static vs_result
write_answer(const struct late_mail *mail, const struct vs_central_session *session,
             struct vs_central_context *context)
{
	struct vs_bytes id = vs_bytes_from_text(mail->message_id);
	struct vs_bytes data = vs_bytes_from(mail->data, mail->size);
	bool is_good = true;

	if (mail->about == STATUS)
		return vs_central_late_status(&context->out, id, data);
	if (mail->about == CHAIN)
		return write_items(mail, &context->out);
	VS_TRY(vs_central_late_contract(&context->out, (enum vs_ocpp_version)session->version, id,
	                                data, &context->tape, &is_good));
	if (!is_good)
		VS_LOG(WARN, "contract.no_answer", vs_bytes_from_text(session->identity));
	return VS_OK;
}

static void
take_mail(struct vs_loop *loop, void *argument)
{
	struct late_mail *mail = argument;
	struct vs_central_context *context = &mail->reactor->context;
	struct vs_central_session *session = vs_central_reactor_session(mail->reactor, mail->conn);

	(void)loop;
	vs_central_reactor_wake(mail->reactor);
	if (session != NULL && !session->has_ended &&
	    write_answer(mail, session, context).code == VS_E_OK)
		context->send(context, session, vs_buf_view(&context->out));
	free(mail);
}

static void
post_answer(struct vs_central *central, uint64_t conn, struct vs_bytes message_id, enum about about,
            struct vs_bytes data)
{
	struct vs_central_reactor *reactor = central->reactors[vs_conn_id_reactor(conn)];
	struct late_mail *mail;

	if (reactor == NULL)
		return;
	mail = calloc(1, sizeof(*mail) + data.size);
	if (mail == NULL)
		return; /* the station asks again */
	mail->reactor = reactor;
	mail->conn = conn;
	mail->about = about;
	mail->size = data.size;
	if (data.size > 0)
		memcpy(mail->data, data.data, data.size);
	if (!vs_bytes_copy_text(message_id, mail->message_id, sizeof(mail->message_id)) ||
	    vs_loop_post(reactor->loop, take_mail, mail).code != VS_E_OK)
		free(mail);
}

void
vs_central_status_answer(struct vs_central *central, uint64_t conn, struct vs_bytes message_id,
                         struct vs_bytes ocsp)
{
	post_answer(central, conn, message_id, STATUS, ocsp);
}

void
vs_central_contract_answer(struct vs_central *central, uint64_t conn, struct vs_bytes message_id,
                           struct vs_bytes payload)
{
	post_answer(central, conn, message_id, CONTRACT, payload);
}

void
vs_central_chain_answer(struct vs_central *central, uint64_t conn, struct vs_bytes message_id,
                        const struct vs_core_chain_item *items, size_t count)
{
	assert(count <= VS_CORE_CHAIN_MAX);
	post_answer(central, conn, message_id, CHAIN,
	            vs_bytes_from(items, count * sizeof(items[0])));
}
