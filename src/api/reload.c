/* SPDX-License-Identifier: Apache-2.0 */
/* POST /certificates/reload: in the pool, because files are read and handshakes tried. */
#include "api/state.h"

static const char *
state_text(enum vs_core_reload_state state)
{
	switch (state) {
	case VS_CORE_RELOAD_SAME:
		return "unchanged";
	case VS_CORE_RELOAD_TAKEN:
		return "taken";
	case VS_CORE_RELOAD_KEPT:
		break;
	}
	return "kept";
}

static void
part_write(const struct vs_core_reload_part *part, void *arg)
{
	struct vs_json_writer *json = arg;

	vs_json_write_object(json);
	vs_api_write_text(json, "part", part->name);
	vs_api_write_text(json, "state", state_text(part->state));
	vs_api_write_text(json, "reason", part->reason);
	vs_json_write_object_end(json);
}

static vs_result
reload_build(struct vs_api_read *read)
{
	const struct vs_port_reload *port = &read->api->options.reload;
	bool is_kept;

	if (port->reload == NULL)
		return VS_FAIL(UNSUPPORTED);
	vs_json_write_begin(&read->json, &read->body);
	vs_json_write_object(&read->json);
	vs_json_write_key(&read->json, "items");
	vs_json_write_array(&read->json);
	is_kept = port->reload(port->self, part_write, &read->json).code != VS_E_OK;
	vs_json_write_array_end(&read->json);
	vs_json_write_key(&read->json, "kept");
	vs_json_write_bool(&read->json, is_kept);
	vs_json_write_object_end(&read->json);
	return vs_json_write_end(&read->json);
}

void
vs_api_on_certificates_reload(struct vs_api *api, const struct vs_api_request *request)
{
	vs_api_read(api, request, VS_API_KEY_NONE, reload_build);
}
