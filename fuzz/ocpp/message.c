/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCPP messages of both sides. The first byte chooses the version, the sender and the outstanding
 * call; the rest is the text. A refusal must give a fault that can be answered, and the answer must
 * be a valid CALLERROR.
 */
#include <stdlib.h>
#include <string.h>

#include "ocpp/code.h"
#include "ocpp/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static bool
is_printable(const char *text)
{
	for (; *text != 0; text++) {
		if (*text < ' ' || *text > '~')
			return false;
	}
	return true;
}

static void
check_fault(const struct vs_ocpp_fault *fault, vs_result r, size_t size, struct vs_json_tape *tape)
{
	struct vs_ocpp_outstanding asked = {.action = VS_OCPP_Heartbeat};
	struct vs_ocpp_message message;
	struct vs_ocpp_fault second;
	struct vs_buf buf;

	require(fault->err == r.code && fault->at <= size && fault->code != NULL);
	require(strlen(fault->description) < sizeof(fault->description) &&
	        is_printable(fault->description));
	require(strlen(fault->path) < sizeof(fault->path) && is_printable(fault->path));
	require(fault->id[0] != 0);
	require(!(fault->wants_error && fault->is_outstanding) || fault->version == VS_OCPP_21);
	if (!fault->wants_error)
		return;
	memcpy(asked.id, fault->id, sizeof(asked.id));
	vs_buf_init(&buf, 4096);
	require(vs_ocpp_error_write_fault(&buf, fault).code == VS_E_OK);
	require(vs_ocpp_message_parse(fault->version, VS_OCPP_CSMS, vs_buf_view(&buf), &asked, tape,
	                              &message, &second)
	            .code == VS_E_OK);
	require(message.type ==
	        (fault->type == VS_OCPP_RESULT ? VS_OCPP_RESULT_ERROR : VS_OCPP_ERROR));
	require(vs_bytes_equal_text(message.error_code,
	                            vs_ocpp_code_text(fault->version, fault->code)));
	vs_buf_done(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum vs_ocpp_action actions[] = {VS_OCPP_Reset,
	                                              VS_OCPP_GetVariables,
	                                              VS_OCPP_SetVariables,
	                                              VS_OCPP_GetCompositeSchedule,
	                                              VS_OCPP_BootNotification,
	                                              VS_OCPP_TransactionEvent,
	                                              VS_OCPP_Authorize,
	                                              VS_OCPP_GetConfiguration,
	                                              VS_OCPP_StartTransaction,
	                                              VS_OCPP_GetDERControl};
	static const enum vs_ocpp_version versions[] = {VS_OCPP_201, VS_OCPP_16, VS_OCPP_21,
	                                                VS_OCPP_201};
	struct vs_ocpp_outstanding asked = {.id = "1"};
	struct vs_ocpp_message message;
	struct vs_ocpp_fault fault;
	struct vs_json_tape tape;
	unsigned choice;
	vs_result r;

	if (size == 0)
		return 0;
	choice = data[0];
	asked.action = actions[(choice >> 2 & 15) % (sizeof(actions) / sizeof(actions[0]))];
	vs_json_tape_init(&tape);
	r = vs_ocpp_message_parse(versions[choice >> 6],
	                          (choice & 1) != 0 ? VS_OCPP_CSMS : VS_OCPP_STATION,
	                          vs_bytes_from(data + 1, size - 1),
	                          (choice & 2) != 0 ? &asked : NULL, &tape, &message, &fault);
	if (r.code == VS_E_OK) {
		require(message.action < VS_OCPP_ACTIONS);
		require((message.action == VS_OCPP_NONE) == (message.type == VS_OCPP_RESULT_ERROR));
		require(message.type == VS_OCPP_ERROR || message.type == VS_OCPP_RESULT_ERROR ||
		        message.payload != NULL);
		require(message.payload == NULL || message.payload->span == tape.count);
	} else {
		check_fault(&fault, r, size - 1, &tape);
	}
	vs_json_tape_done(&tape);
	return 0;
}
