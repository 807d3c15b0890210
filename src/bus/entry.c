/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/entry.h"

#include "bus/member.h"

#define NODES 64

/* What one of them is, on the caller's nodes. */
static vs_result
parse(struct vs_bytes text, struct vs_json_node nodes[static NODES], struct vs_json_tape *tape,
      const struct vs_json_node **root_out)
{
	vs_json_tape_init_fixed(tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, tape));
	*root_out = vs_json_root(tape);
	return VS_OK;
}

/* --- conn ------------------------------------------------------------------------------------- */

vs_result
vs_bus_entry_write(const struct vs_bus_entry *entry, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "node", entry->node);
	vs_bus_write_int(&json, "lease", (int64_t)entry->lease);
	vs_bus_write_int(&json, "since", entry->since_ms);
	vs_bus_write_text(&json, "ip", entry->ip);
	vs_bus_write_text(&json, "protocol", entry->protocol);
	vs_bus_write_text(&json, "fingerprint", entry->fingerprint);
	vs_json_write_key(&json, "before");
	vs_json_write_array(&json);
	for (size_t i = 0; i < entry->before_count; i++) {
		vs_json_write_array(&json);
		vs_json_write_text(&json, entry->before[i].node);
		vs_json_write_int(&json, (int64_t)entry->before[i].lease);
		vs_json_write_array_end(&json);
	}
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
read_before(const struct vs_json_tape *tape, const struct vs_json_node *root,
            struct vs_bus_entry *entry)
{
	const struct vs_json_node *list = vs_json_member(tape, root, "before");
	const struct vs_json_node *pair = NULL;

	if (list == NULL)
		return VS_FAIL(MISSING);
	if (list->type != VS_JSON_ARRAY)
		return VS_FAIL(WRONG_TYPE);
	while ((pair = vs_json_next(list, pair)) != NULL) {
		const struct vs_json_node *name = vs_json_next(pair, NULL);

		if (entry->before_count == VS_OWNER_BEFORE || pair->type != VS_JSON_ARRAY ||
		    vs_json_count(pair) != 2)
			return VS_FAIL(WRONG_COUNT);
		VS_TRY(vs_bus_value_node(tape, name, entry->before[entry->before_count].node));
		VS_TRY(vs_bus_value_count(tape, vs_json_next(pair, name),
		                          &entry->before[entry->before_count].lease));
		entry->before_count++;
	}
	return VS_OK;
}

vs_result
vs_bus_entry_read(struct vs_bytes text, struct vs_bus_entry *entry_out)
{
	struct vs_bus_entry entry = {.before_count = 0};
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root;
	struct vs_json_tape tape;

	VS_TRY(parse(text, nodes, &tape, &root));
	VS_TRY(vs_bus_read_node(&tape, root, "node", entry.node));
	VS_TRY(vs_bus_read_count(&tape, root, "lease", &entry.lease));
	VS_TRY(vs_bus_read_int(&tape, root, "since", &entry.since_ms));
	VS_TRY(vs_bus_read_text(&tape, root, "ip", entry.ip, sizeof(entry.ip)));
	VS_TRY(vs_bus_read_text(&tape, root, "protocol", entry.protocol, sizeof(entry.protocol)));
	VS_TRY(vs_bus_read_text(&tape, root, "fingerprint", entry.fingerprint,
	                        sizeof(entry.fingerprint)));
	VS_TRY(read_before(&tape, root, &entry));
	*entry_out = entry;
	return VS_OK;
}

/* --- lease ------------------------------------------------------------------------------------ */

vs_result
vs_bus_lease_write(const struct vs_bus_lease *lease, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_int(&json, "incarnation", (int64_t)lease->incarnation);
	vs_bus_write_text(&json, "process", lease->process);
	if (lease->is_draining)
		vs_bus_write_bool(&json, "draining", true);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_lease_read(struct vs_bytes text, struct vs_bus_lease *lease_out)
{
	struct vs_bus_lease lease = {.is_draining = false};
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root;
	struct vs_json_tape tape;

	VS_TRY(parse(text, nodes, &tape, &root));
	VS_TRY(vs_bus_read_count(&tape, root, "incarnation", &lease.incarnation));
	VS_TRY(vs_bus_read_text(&tape, root, "process", lease.process, sizeof(lease.process)));
	if (vs_json_member(&tape, root, "draining") != NULL)
		VS_TRY(vs_bus_read_bool(&tape, root, "draining", &lease.is_draining));
	*lease_out = lease;
	return VS_OK;
}

/* --- own -------------------------------------------------------------------------------------- */

vs_result
vs_bus_ask_write(const struct vs_bus_ask *ask, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_text(&json, "tenant", ask->tenant);
	vs_bus_write_text(&json, "station", ask->station);
	vs_bus_write_int(&json, "epoch", (int64_t)ask->epoch);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_ask_read(struct vs_bytes text, struct vs_bus_ask *ask_out)
{
	struct vs_bus_ask ask;
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root;
	struct vs_json_tape tape;

	VS_TRY(parse(text, nodes, &tape, &root));
	VS_TRY(vs_bus_read_text(&tape, root, "tenant", ask.tenant, sizeof(ask.tenant)));
	VS_TRY(vs_bus_read_text(&tape, root, "station", ask.station, sizeof(ask.station)));
	VS_TRY(vs_bus_read_count(&tape, root, "epoch", &ask.epoch));
	*ask_out = ask;
	return VS_OK;
}

vs_result
vs_bus_released_write(uint64_t incarnation, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	vs_bus_write_int(&json, "released", (int64_t)incarnation);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_released_read(struct vs_bytes text, uint64_t *incarnation_out)
{
	struct vs_json_node nodes[NODES];
	const struct vs_json_node *root;
	struct vs_json_tape tape;

	VS_TRY(parse(text, nodes, &tape, &root));
	return vs_bus_read_count(&tape, root, "released", incarnation_out);
}
