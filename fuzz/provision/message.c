/* SPDX-License-Identifier: Apache-2.0 */
/* What is read as a request, an operation or a response is written, and read back the same. */
#include <stdlib.h>
#include <string.h>

#include "provision/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
request(struct vs_bytes text)
{
	struct vs_provision_request one, back;
	struct vs_buf written;

	vs_provision_request_init(&one);
	vs_provision_request_init(&back);
	vs_buf_init(&written, 1u << 20);
	if (vs_provision_request_read(text, &one).code == VS_E_OK &&
	    (vs_provision_request_write(&one, &written).code != VS_E_OK ||
	     vs_provision_request_read(vs_buf_view(&written), &back).code != VS_E_OK ||
	     strcmp(one.device, back.device) != 0 ||
	     !vs_bytes_equal(vs_buf_view(&one.csr), vs_buf_view(&back.csr))))
		abort();
	vs_provision_request_done(&one);
	vs_provision_request_done(&back);
	vs_buf_done(&written);
}

static void
operation(struct vs_bytes text)
{
	struct vs_provision_operation one, back;
	struct vs_buf written;

	vs_provision_operation_init(&one);
	vs_provision_operation_init(&back);
	vs_buf_init(&written, 1u << 20);
	if (vs_provision_operation_read(text, VS_PROVISION_UPDATE, &one).code == VS_E_OK &&
	    (vs_provision_operation_write(&one, &written).code != VS_E_OK ||
	     vs_provision_operation_read(vs_buf_view(&written), one.op, &back).code != VS_E_OK ||
	     one.ctr != back.ctr || one.op != back.op))
		abort();
	vs_provision_operation_done(&one);
	vs_provision_operation_done(&back);
	vs_buf_done(&written);
}

static void
response(struct vs_bytes text)
{
	struct vs_provision_response one, back;
	struct vs_buf written;

	vs_provision_response_init(&one);
	vs_provision_response_init(&back);
	vs_buf_init(&written, 1u << 20);
	if (vs_provision_response_read(text, &one).code == VS_E_OK &&
	    (vs_provision_response_write(&one, &written).code != VS_E_OK ||
	     vs_provision_response_read(vs_buf_view(&written), &back).code != VS_E_OK ||
	     strcmp(one.url, back.url) != 0 || one.psk_epoch != back.psk_epoch))
		abort();
	vs_provision_response_done(&one);
	vs_provision_response_done(&back);
	vs_buf_done(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	request(vs_bytes_from(data, size));
	operation(vs_bytes_from(data, size));
	response(vs_bytes_from(data, size));
	return 0;
}
