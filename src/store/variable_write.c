/* SPDX-License-Identifier: Apache-2.0 */
#include "store/variable_write.h"

/* The columns of report_variables. */
enum {
	COMPONENT,
	COMPONENT_INSTANCE,
	EVSE,
	CONNECTOR,
	VARIABLE,
	VARIABLE_INSTANCE,
	ATTRIBUTE,
	VALUE,
	MUTABILITY
};

static vs_result
write_one(struct vs_store_batch *batch, const struct vs_core_record *record,
          struct vs_store_statement *statement)
{
	struct vs_bytes texts[MUTABILITY + 1], value = vs_store_column_bytes(statement, VALUE);
	struct vs_store_value sealed;
	struct vs_store_row row;

	/* Names that are not given would be NULL in the key of the table. */
	if (vs_store_column_is_null(statement, COMPONENT) ||
	    vs_store_column_is_null(statement, VARIABLE))
		return VS_FAIL(CONFLICT);
	vs_store_row_begin(&row);
	vs_store_row_text(&row, record->station);
	for (int i = COMPONENT; i <= MUTABILITY; i++) {
		if (i == EVSE || i == CONNECTOR) {
			vs_store_row_number(&row, vs_store_column_number(statement, i));
			continue;
		}
		texts[i] = vs_store_column_bytes(statement, i);
		if (i <= ATTRIBUTE)
			vs_store_row_bytes(&row, texts[i]);
	}
	VS_TRY(vs_store_room(&batch->room, value.size, 1));
	VS_TRY(vs_store_seal_value(batch->seal, VS_STORE_CELL_variable_value, record->tenant,
	                           record->station, &row, record->received_ms, value, &batch->room,
	                           &sealed));
	const struct vs_store_value values[] = {
	    vs_store_text(record->tenant),
	    vs_store_text(record->station),
	    vs_store_text_bytes(texts[COMPONENT]),
	    vs_store_text_bytes(texts[COMPONENT_INSTANCE]),
	    vs_store_number(vs_store_column_number(statement, EVSE)),
	    vs_store_number(vs_store_column_number(statement, CONNECTOR)),
	    vs_store_text_bytes(texts[VARIABLE]),
	    vs_store_text_bytes(texts[VARIABLE_INSTANCE]),
	    vs_store_text_bytes(texts[ATTRIBUTE]),
	    sealed,
	    vs_store_text_bytes(texts[MUTABILITY]),
	    vs_store_number(record->received_ms),
	};

	return vs_store_run(batch->db, VS_QUERY_variable_put, values,
	                    sizeof(values) / sizeof(values[0]));
}

vs_result
vs_store_variables_write(struct vs_store_batch *batch, const struct vs_core_record *record)
{
	const struct vs_store_value page = vs_store_payload(record->payload);
	struct vs_store_statement *statement = NULL;
	bool has_row = false;
	vs_result r = vs_store_bind(batch->db, VS_QUERY_report_variables, &page, 1, &statement);

	while (r.code == VS_E_OK && (r = vs_store_next(statement, &has_row)).code == VS_E_OK &&
	       has_row)
		r = write_one(batch, record, statement);
	vs_store_reset(statement);
	return r;
}
