/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/metric.h"
#include "crypto/digest.h"
#include "net/conn.h"
#include "wire/base64.h"

enum { KEY_TEXT_SIZE = 24 };

vs_result
vs_upgrade_accept_value(struct vs_bytes key, char accept[static 29])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 1.3 */
	uint8_t text[KEY_TEXT_SIZE + sizeof(guid) - 1], digest[VS_SHA1_SIZE];

	if (key.size != KEY_TEXT_SIZE)
		return VS_FAIL(BAD_UPGRADE);
	memcpy(text, key.data, KEY_TEXT_SIZE);
	memcpy(text + KEY_TEXT_SIZE, guid, sizeof(guid) - 1);
	VS_TRY(vs_crypto_sha1(vs_bytes_from(text, sizeof(text)), digest));
	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(digest, sizeof(digest)), accept, 29);
	return VS_OK;
}

/* --- server ----------------------------------------------------------------------------------- */

static void
refuse(struct vs_conn *conn, enum vs_err why, const char *detail)
{
	const char *header = why == VS_E_BAD_WS_VERSION
	                         ? "Sec-WebSocket-Version: 13\r\n" /* RFC 6455 4.4 */
	                     : why == VS_E_BAD_METHOD ? "Allow: GET\r\n"
	                                              : NULL;

	vs_metric_add(VS_METRIC_http_bad_requests_total, 1);
	vs_metric_add(VS_METRIC_ws_upgrades_refused_total, 1);
	if (vs_conn_respond(conn, vs_err_http(why), "text/plain; charset=utf-8", header,
	                    vs_bytes_from_text(detail), true)
	        .code != VS_E_OK)
		vs_conn_end(conn, VS_END_NOW, why, false, detail);
	conn->close_why = (uint8_t)why; /* not the orderly end that an answer gives */
	conn->close_detail = detail;
}

bool
vs_upgrade_look(struct vs_conn *conn, const struct vs_http_request *request)
{
	const char *reason = "";
	struct vs_bytes key;
	vs_result r;

	conn->http.accept[0] = '\0';
	conn->http.terms = (struct vs_ws_deflate_terms){0};
	if (conn->profile->layers[conn->level + 1] != &vs_layer_websocket ||
	    !vs_http_is_upgrade(request))
		return true;
	r = vs_http_upgrade_check(request, &key, &reason);
	if (r.code == VS_E_OK)
		r = vs_upgrade_accept_value(key, conn->http.accept);
	if (r.code != VS_E_OK) {
		refuse(conn, r.code, reason);
		return false;
	}
	if (conn->profile->is_deflate_allowed)
		(void)vs_ws_deflate_choose(&request->headers, &conn->http.terms);
	return true;
}

static vs_result
write_acceptance(struct vs_conn *conn, const char *subprotocol, const char *headers)
{
	char extensions[VS_WS_DEFLATE_ANSWER_SIZE];

	VS_TRY(vs_http_response_begin(&conn->out, 101));
	VS_TRY(vs_buf_append_text(&conn->out, "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
	VS_TRY(vs_http_header_add_text(&conn->out, "Sec-WebSocket-Accept", conn->http.accept));
	if (subprotocol != NULL)
		VS_TRY(vs_http_header_add_text(&conn->out, "Sec-WebSocket-Protocol", subprotocol));
	if (conn->http.terms.server_window_bits != 0) {
		vs_ws_deflate_answer(&conn->http.terms, extensions);
		VS_TRY(vs_http_header_add_text(&conn->out, "Sec-WebSocket-Extensions", extensions));
	}
	VS_TRY(vs_buf_append_text(&conn->out, headers));
	return vs_http_head_end(&conn->out);
}

void
vs_conn_ws_refuse_deflate(struct vs_conn *conn)
{
	conn->http.terms = (struct vs_ws_deflate_terms){0};
}

vs_result
vs_conn_ws_accept(struct vs_conn *conn, const char *subprotocol, size_t message_size_max)
{
	return vs_conn_ws_accept_with(conn, subprotocol, "", message_size_max);
}

vs_result
vs_conn_ws_accept_with(struct vs_conn *conn, const char *subprotocol, const char *headers,
                       size_t message_size_max)
{
	size_t size_before = conn->out.size;
	vs_result r;

	if (vs_conn_is_over(conn))
		return VS_FAIL(CLOSED);
	if (conn->phase != VS_PHASE_ANSWER)
		return VS_FAIL(NOT_NOW);
	if (conn->http.accept[0] == '\0')
		return VS_FAIL(BAD_UPGRADE);
	if (conn->net->is_draining) /* it would be closed again at once */
		return VS_FAIL(BUSY);
	vs_net_buffer_take(conn);
	conn->out.size_max = VS_LIMIT_HTTP_RESPONSE_SIZE;
	r = write_acceptance(conn, subprotocol, headers);
	if (r.code != VS_E_OK) {
		conn->out.size = size_before;
		return r;
	}
	vs_metric_add(VS_METRIC_ws_upgrades_total, 1);
	vs_conn_preauth_done(conn);
	conn->subprotocol = subprotocol;
	vs_ws_begin(conn, message_size_max, conn->http.terms.server_window_bits);
	return VS_OK;
}

/* --- client ----------------------------------------------------------------------------------- */

/* RFC 6455 4.1, the client's checks of the answer. */
static vs_result
check_answer(const struct vs_conn *conn, const struct vs_http_response *response,
             struct vs_ws_deflate_terms *terms, const char **reason)
{
	const struct vs_net_upgrade *upgrade = conn->profile->upgrade;
	const struct vs_http_headers *headers = &response->headers;
	struct vs_bytes value, offered = vs_bytes_from_text(upgrade->subprotocols), item;
	bool is_offered = false;

	*reason = "the answer to the upgrade is not 101";
	if (response->status != 101)
		return VS_FAIL(BAD_UPGRADE);
	*reason = "the answer to the upgrade has wrong headers";
	if (!vs_http_header_has_token(headers, "Upgrade", "websocket") ||
	    !vs_http_header_has_token(headers, "Connection", "upgrade") ||
	    vs_http_header_count(headers, "Sec-WebSocket-Accept") != 1 ||
	    !vs_http_header_get(headers, "Sec-WebSocket-Accept", &value) ||
	    !vs_bytes_equal_text(value, upgrade->accept))
		return VS_FAIL(BAD_UPGRADE);
	*reason = "the server chose a subprotocol that was not offered";
	if (vs_http_header_get(headers, "Sec-WebSocket-Protocol", &value)) {
		while (vs_http_list_next(&offered, &item))
			is_offered |= vs_bytes_equal(item, value);
		if (!is_offered || vs_http_header_count(headers, "Sec-WebSocket-Protocol") != 1)
			return VS_FAIL(BAD_SUBPROTOCOL);
	}
	*reason = "the server chose an extension that was not offered";
	VS_TRY(vs_ws_deflate_check(headers, terms));
	if (terms->client_window_bits != 0 && !conn->profile->is_deflate_allowed)
		return VS_FAIL(BAD_UPGRADE);
	return VS_OK;
}

/* Seconds; a date (RFC 9110 10.2.3) is nothing that we send. */
static uint16_t
retry_after(const struct vs_http_headers *headers)
{
	struct vs_bytes value;
	uint32_t seconds = 0;

	if (!vs_http_header_get(headers, "Retry-After", &value) || value.size == 0 ||
	    value.size > 4)
		return 0;
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return 0;
		seconds = seconds * 10 + (uint32_t)(value.data[i] - '0');
	}
	return (uint16_t)seconds;
}

size_t
vs_upgrade_receive(struct vs_conn *conn, const uint8_t *data, size_t size)
{
	struct vs_net_upgrade *upgrade = conn->profile->upgrade;
	struct vs_http_response response;
	struct vs_ws_deflate_terms terms = {0};
	struct vs_bytes chosen = {NULL, 0};
	const char *reason = "";
	vs_result r = vs_http_response_parse(vs_bytes_from(data, size), &response);

	if (r.code == VS_E_AGAIN)
		return 0;
	if (r.code != VS_E_OK) {
		vs_conn_end(conn, VS_END_FLUSH, r.code, true,
		            "the answer to the upgrade is not HTTP");
		return size;
	}
	r = check_answer(conn, &response, &terms, &reason);
	if (r.code != VS_E_OK) {
		conn->close_http_status = (uint16_t)response.status;
		conn->close_retry_s = retry_after(&response.headers);
		vs_conn_end(conn, VS_END_FLUSH, r.code, true, reason);
		return size;
	}
	/* From now on only the chosen one is of interest. */
	if (vs_http_header_get(&response.headers, "Sec-WebSocket-Protocol", &chosen))
		(void)vs_bytes_copy_text(chosen, upgrade->subprotocols,
		                         strlen(upgrade->subprotocols) + 1);
	else if (upgrade->subprotocols != NULL)
		upgrade->subprotocols[0] = '\0';
	vs_ws_begin(conn, conn->profile->message_size_max, terms.client_window_bits);
	return response.head_size;
}
