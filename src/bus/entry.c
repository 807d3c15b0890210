/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/entry.h"

#include "wire/json.h"

#define NODES 64

static void
member(struct vs_json_writer *json, const char *key, const char *text)
{
	vs_json_write_key(json, key);
	vs_json_write_text(json, text);
}

static void
number(struct vs_json_writer *json, const char *key, int64_t value)
{
	vs_json_write_key(json, key);
	vs_json_write_int(json, value);
}

static vs_result
read_text(const struct vs_json_tape *tape, const char *key, char *room, size_t size)
{
	return vs_json_copy_text(tape, vs_json_member(tape, vs_json_root(tape), key), room, size);
}

static vs_result
read_count(const struct vs_json_tape *tape, const struct vs_json_node *node, uint64_t *value_out)
{
	int64_t value = 0;

	VS_TRY(vs_json_int(tape, node, &value));
	if (value < 0)
		return VS_FAIL(OUT_OF_RANGE);
	*value_out = (uint64_t)value;
	return VS_OK;
}

static vs_result
read_number(const struct vs_json_tape *tape, const char *key, uint64_t *value_out)
{
	return read_count(tape, vs_json_member(tape, vs_json_root(tape), key), value_out);
}

static vs_result
read_node(const struct vs_json_tape *tape, const struct vs_json_node *node,
          char name[static VS_BUS_NODE_SIZE])
{
	VS_TRY(vs_json_copy_text(tape, node, name, VS_BUS_NODE_SIZE));
	return vs_bus_node_is_valid(name) ? VS_OK : VS_FAIL(BAD_VALUE);
}

/* --- conn ------------------------------------------------------------------------------------- */

vs_result
vs_bus_entry_write(const struct vs_bus_entry *entry, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	member(&json, "node", entry->node);
	number(&json, "lease", (int64_t)entry->lease);
	number(&json, "since", entry->since_ms);
	member(&json, "ip", entry->ip);
	member(&json, "protocol", entry->protocol);
	member(&json, "fingerprint", entry->fingerprint);
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
read_before(const struct vs_json_tape *tape, struct vs_bus_entry *entry)
{
	const struct vs_json_node *list = vs_json_member(tape, vs_json_root(tape), "before");
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
		VS_TRY(read_node(tape, name, entry->before[entry->before_count].node));
		VS_TRY(read_count(tape, vs_json_next(pair, name),
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
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	VS_TRY(read_node(&tape, vs_json_member(&tape, vs_json_root(&tape), "node"), entry.node));
	VS_TRY(read_number(&tape, "lease", &entry.lease));
	VS_TRY(vs_json_int(&tape, vs_json_member(&tape, vs_json_root(&tape), "since"),
	                   &entry.since_ms));
	VS_TRY(read_text(&tape, "ip", entry.ip, sizeof(entry.ip)));
	VS_TRY(read_text(&tape, "protocol", entry.protocol, sizeof(entry.protocol)));
	VS_TRY(read_text(&tape, "fingerprint", entry.fingerprint, sizeof(entry.fingerprint)));
	VS_TRY(read_before(&tape, &entry));
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
	number(&json, "incarnation", (int64_t)lease->incarnation);
	member(&json, "process", lease->process);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_lease_read(struct vs_bytes text, struct vs_bus_lease *lease_out)
{
	struct vs_bus_lease lease;
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	VS_TRY(read_number(&tape, "incarnation", &lease.incarnation));
	VS_TRY(read_text(&tape, "process", lease.process, sizeof(lease.process)));
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
	member(&json, "tenant", ask->tenant);
	member(&json, "station", ask->station);
	number(&json, "epoch", (int64_t)ask->epoch);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_ask_read(struct vs_bytes text, struct vs_bus_ask *ask_out)
{
	struct vs_bus_ask ask;
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	VS_TRY(read_text(&tape, "tenant", ask.tenant, sizeof(ask.tenant)));
	VS_TRY(read_text(&tape, "station", ask.station, sizeof(ask.station)));
	VS_TRY(read_number(&tape, "epoch", &ask.epoch));
	*ask_out = ask;
	return VS_OK;
}

vs_result
vs_bus_released_write(uint64_t incarnation, struct vs_buf *out)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, out);
	vs_json_write_object(&json);
	number(&json, "released", (int64_t)incarnation);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

vs_result
vs_bus_released_read(struct vs_bytes text, uint64_t *incarnation_out)
{
	struct vs_json_node nodes[NODES];
	struct vs_json_tape tape;

	vs_json_tape_init_fixed(&tape, nodes, NODES);
	VS_TRY(vs_json_parse(text, &tape));
	return read_number(&tape, "released", incarnation_out);
}
