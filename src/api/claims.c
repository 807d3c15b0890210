/* SPDX-License-Identifier: Apache-2.0 */
/* Claims and the devices that came by them: make, list, show again, revoke, delete, keep; and the
 * manifest of the server's keys at its well-known place. All of it is done behind the port of
 * provisioning, in the pool. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/state.h"

#define BUNDLE_SIZE_MAX 4096
#define TTL_DEFAULT_S   (INT64_C(30) * 86400)
#define TTL_MAX_S       (INT64_C(3650) * 86400) /* claims may lie in a box for years */

static bool
is_missing(const struct vs_api *api, const struct vs_api_request *request)
{
	if (api->options.provision.self != NULL)
		return false;
	vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(UNSUPPORTED),
	                      "there is no provisioning here: --provision-broker");
	return true;
}

static void
start(struct vs_api *api, const struct vs_api_request *request,
      vs_result (*build)(struct vs_api_read *read),
      void (*finish)(struct vs_api_read *read, vs_result result), void *arg)
{
	vs_result r = vs_api_read_start(api, vs_conn_get_id(request->conn), request->request_id,
	                                request->tenant, request->id, build, finish, arg);

	if (r.code != VS_E_OK)
		vs_api_answer_problem(request->conn, request->request_id, r, NULL);
}

/* --- lists
 * ---------------------------------------------------------------------------------------- */

static void
members_write(struct vs_json_writer *json, const struct vs_core_claim *claim)
{
	vs_api_write_text(json, "id", claim->id);
	vs_api_write_text(json, "state", vs_core_claim_state_text(claim->state));
	vs_api_write_text(json, "kind", vs_core_claim_kind_text(claim->kind));
	vs_api_write_text(json, "auth", vs_core_auth_text(claim->auth));
	vs_api_write_text(json, "wire", vs_core_claim_wire_text(claim->wire));
	vs_api_write_text(json, "identity", claim->identity);
	vs_api_write_text(json, "hw", claim->hw);
	vs_api_write_int(json, "counter", claim->ctr);
	vs_api_write_time(json, "created_at", claim->created_ms);
	vs_api_write_time(json, "changed_at", claim->changed_ms);
	vs_api_write_time(json, "expires_at", claim->expires_ms);
	vs_api_write_time(json, "ends_at", claim->purge_ms == 0 ? VS_CORE_ABSENT : claim->purge_ms);
}

static bool
row_write(const struct vs_core_claim *row, void *arg)
{
	struct vs_api_page *page = arg;

	if (!vs_api_page_row(page, row->id))
		return false;
	members_write(&page->read->json, row);
	vs_json_write_object_end(&page->read->json);
	return true;
}

static vs_result
list_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_api_page page;

	vs_api_page_begin(&page, read);
	VS_TRY(reader->claims(reader->self, read->tenant, read->list.text, read->list.limit + 1,
	                      row_write, &page));
	return vs_api_page_end(&page);
}

void
vs_api_on_claims_list(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_TEXT, list_build);
}

/* bundle: the one answer that holds a secret, to whoever brings it to the device; NULL: none. */
static vs_result
answer_claim(struct vs_api_read *read, const struct vs_core_claim *claim,
             const struct vs_buf *bundle)
{
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	members_write(&read->json, claim);
	if (bundle != NULL) {
		vs_json_write_key(&read->json, "bundle");
		vs_json_write_raw(&read->json, vs_buf_view(bundle));
	}
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

static vs_result
show_build(struct vs_api_read *read)
{
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_claim claim;

	VS_TRY(reader->claim(reader->self, read->tenant, read->id, &claim, NULL));
	return answer_claim(read, &claim, NULL);
}

void
vs_api_on_claim_show(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, show_build);
}

/* --- making
 * --------------------------------------------------------------------------------------- */

static vs_result
wishes_read(const struct vs_api_request *request, struct vs_core_claim *claim,
            char detail[static VS_API_DETAIL_SIZE])
{
	char kind[16] = "station", auth[16] = "mtls", wire[24] = "e2";
	int64_t ttl_s = TTL_DEFAULT_S;
	struct vs_api_field fields[] = {
	    {.name = "kind", .size = sizeof(kind), .target = kind},
	    {.name = "auth", .size = sizeof(auth), .target = auth},
	    {.name = "wire", .size = sizeof(wire), .target = wire},
	    {.name = "identity", .size = sizeof(claim->identity), .target = claim->identity},
	    {.name = "ttl_s",
	     .type = VS_API_FIELD_INT,
	     .low = 1,
	     .high = TTL_MAX_S,
	     .target = &ttl_s},
	};

	VS_TRY(vs_api_body_read(request->body, fields, 5, detail));
	claim->expires_ms = request->now_ms + ttl_s * 1000;
	if (vs_core_claim_kind_parse(vs_bytes_from_text(kind), &claim->kind).code != VS_E_OK) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "kind: station, framed or sensor is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (vs_core_auth_parse(vs_bytes_from_text(auth), &claim->auth).code != VS_E_OK ||
	    claim->auth == VS_CORE_AUTH_NONE) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "auth: basic, mtls or mtls+basic is expected");
		return VS_FAIL(BAD_VALUE);
	}
	if (vs_core_claim_wire_parse(vs_bytes_from_text(wire), &claim->wire).code != VS_E_OK ||
	    (claim->wire != VS_CORE_CLAIM_WIRE_E2 && claim->identity[0] == '\0')) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "wire: e2 is expected, or e1 for a device that is named");
		return VS_FAIL(BAD_VALUE);
	}
	if (claim->identity[0] != '\0' &&
	    (!vs_core_identity_is_valid(vs_bytes_from_text(claim->identity)) ||
	     !vs_core_identity_fits(vs_bytes_from_text(claim->identity), request->tenant))) {
		(void)snprintf(detail, VS_API_DETAIL_SIZE,
		               "identity: this can be none, or none of your tenant");
		return VS_FAIL(BAD_VALUE);
	}
	(void)snprintf(claim->tenant, sizeof(claim->tenant), "%s", request->tenant);
	return VS_OK;
}

static vs_result
add_build(struct vs_api_read *read)
{
	const struct vs_port_provision *provision = &read->api->options.provision;
	struct vs_core_claim *claim = read->arg;
	struct vs_buf bundle;
	vs_result r;

	vs_buf_init(&bundle, BUNDLE_SIZE_MAX);
	r = provision->create(provision->self, claim, &bundle);
	if (r.code == VS_E_OK)
		r = answer_claim(read, claim, &bundle);
	else if (r.code == VS_E_NOT_NOW || r.code == VS_E_UNSUPPORTED)
		(void)snprintf(read->detail, sizeof(read->detail), "%s",
		               r.code == VS_E_NOT_NOW
		                   ? "its device has used E2 and cannot go back to E1"
		                   : "E1 is off here: --provision-compat");
	if (bundle.data != NULL)
		explicit_bzero(bundle.data, bundle.capacity);
	vs_buf_done(&bundle);
	read->status = 201;
	return r;
}

void
vs_api_on_claim_add(struct vs_api *api, const struct vs_api_request *request)
{
	char detail[VS_API_DETAIL_SIZE] = "";
	struct vs_core_claim *claim;
	vs_result r;

	if (is_missing(api, request))
		return;
	claim = calloc(1, sizeof(*claim));
	r = claim == NULL ? VS_FAIL(NO_MEMORY) : wishes_read(request, claim, detail);
	if (r.code != VS_E_OK) {
		free(claim);
		vs_api_answer_problem(request->conn, request->request_id, r, detail);
		return;
	}
	start(api, request, add_build, NULL, claim);
}

static vs_result
export_build(struct vs_api_read *read)
{
	const struct vs_port_provision *provision = &read->api->options.provision;
	const struct vs_port_reader *reader = &read->api->options.reader;
	struct vs_core_claim claim;
	struct vs_buf bundle;
	vs_result r;

	vs_buf_init(&bundle, BUNDLE_SIZE_MAX);
	r = reader->claim(reader->self, read->tenant, read->id, &claim, NULL);
	if (r.code == VS_E_OK)
		r = provision->bundle(provision->self, read->tenant, read->id, &bundle);
	if (r.code == VS_E_OK)
		r = answer_claim(read, &claim, &bundle);
	else if (r.code == VS_E_NOT_NOW)
		(void)snprintf(read->detail, sizeof(read->detail), "the claim is %s",
		               vs_core_claim_state_text(claim.state));
	if (bundle.data != NULL)
		explicit_bzero(bundle.data, bundle.capacity);
	vs_buf_done(&bundle);
	return r;
}

void
vs_api_on_claim_export(struct vs_api *api, const struct vs_api_request *request)
{
	if (!is_missing(api, request))
		start(api, request, export_build, NULL, NULL);
}

/* --- ending
 * --------------------------------------------------------------------------------------- */

static struct vs_core_behalf
operator_of(const struct vs_api_read *read)
{
	struct vs_core_behalf behalf = read->behalf;

	behalf.name = "operator";
	return behalf;
}

static vs_result
act_build(struct vs_api_read *read)
{
	const struct vs_port_provision *provision = &read->api->options.provision;
	const enum vs_port_provision_act *act = read->arg;
	struct vs_core_behalf behalf = operator_of(read);
	const char *reason = NULL;
	vs_result r =
	    provision->act(provision->self, *act, read->tenant, read->id, &behalf, &reason);

	if (r.code == VS_E_OK)
		return show_build(read);
	if (reason != NULL)
		(void)snprintf(read->detail, sizeof(read->detail), "%s", reason);
	return r;
}

static void
act_start(struct vs_api *api, const struct vs_api_request *request, enum vs_port_provision_act act)
{
	enum vs_port_provision_act *arg = calloc(1, sizeof(*arg));

	if (arg == NULL) {
		vs_api_answer_problem(request->conn, request->request_id, VS_FAIL(NO_MEMORY), NULL);
		return;
	}
	*arg = act;
	start(api, request, act_build, NULL, arg);
}

void
vs_api_on_claim_revoke(struct vs_api *api, const struct vs_api_request *request)
{
	if (!is_missing(api, request))
		act_start(api, request, VS_PORT_PROVISION_REVOKE);
}

void
vs_api_on_claim_device(struct vs_api *api, const struct vs_api_request *request)
{
	static const struct {
		const char *word;
		enum vs_port_provision_act act;
	} acts[] = {{"delete", VS_PORT_PROVISION_DELETE},
	            {"delete-now", VS_PORT_PROVISION_DELETE_NOW},
	            {"keep", VS_PORT_PROVISION_KEEP}};
	char detail[VS_API_DETAIL_SIZE] = "", word[16] = "";
	struct vs_api_field fields[] = {
	    {.name = "action", .is_required = true, .size = sizeof(word), .target = word}};
	vs_result r;

	if (is_missing(api, request))
		return;
	r = vs_api_body_read(request->body, fields, 1, detail);
	for (size_t i = 0; r.code == VS_E_OK && i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(word, acts[i].word) == 0) {
			act_start(api, request, acts[i].act);
			return;
		}
	}
	if (r.code == VS_E_OK) {
		r = VS_FAIL(BAD_VALUE);
		(void)snprintf(detail, sizeof(detail),
		               "action: delete, delete-now or keep is expected");
	}
	vs_api_answer_problem(request->conn, request->request_id, r, detail);
}

/* --- the server's keys
 * ---------------------------------------------------------------------------- */

static vs_result
manifest_build(struct vs_api_read *read)
{
	const struct vs_port_provision *provision = &read->api->options.provision;

	return provision->manifest(provision->self, &read->body);
}

static void
manifest_finish(struct vs_api_read *read, vs_result result)
{
	struct vs_conn *conn = vs_net_find(read->api->net, read->conn);

	if (conn == NULL)
		return;
	if (result.code == VS_E_OK)
		vs_api_answer(conn, read->request_id, 200, "application/jose", NULL,
		              vs_buf_view(&read->body));
	else
		vs_api_answer_problem(conn, read->request_id, result, NULL);
}

void
vs_api_on_provision_manifest(struct vs_api *api, const struct vs_api_request *request)
{
	if (!is_missing(api, request))
		start(api, request, manifest_build, manifest_finish, NULL);
}

static vs_result
rotate_build(struct vs_api_read *read)
{
	const struct vs_port_provision *provision = &read->api->options.provision;
	const struct vs_core_behalf behalf = operator_of(read);

	VS_TRY(provision->rotate(provision->self, &behalf));
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_json_write_key(&read->json, "rotated");
	vs_json_write_bool(&read->json, true);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_provision_rotate(struct vs_api *api, const struct vs_api_request *request)
{
	if (!is_missing(api, request))
		start(api, request, rotate_build, NULL, NULL);
}
