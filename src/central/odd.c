/* SPDX-License-Identifier: Apache-2.0 */
#include "central/odd.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"

#define MENDS_MAX         16  /* places of one message that are mended */
#define SERIAL_LENGTH_MAX 25u /* CiString25Type and ChargingStationType.serialNumber */

/* --- mending -------------------------------------------------------------------------------- */

/* The last name of a path: "chargingStation.serialNumber" ends in serialNumber. */
static bool
ends_in(const char *path, const char *name)
{
	size_t path_size = strlen(path), size = strlen(name);

	return path_size >= size && strcmp(path + path_size - size, name) == 0 &&
	       (path_size == size || path[path_size - size - 1] == '.');
}

static bool
is_serial(const char *path)
{
	static const char *const names[] = {"serialNumber", "chargePointSerialNumber",
	                                    "chargeBoxSerialNumber", "meterSerialNumber"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (ends_in(path, names[i]))
			return true;
	}
	return false;
}

static bool
is_token(const char *path)
{
	return ends_in(path, "idTag") || ends_in(path, "idToken") || ends_in(path, "parentIdTag");
}

/* The string whose closing quote was read last: what is between its quotes. */
static bool
find_string(struct vs_bytes text, uint32_t at, size_t *begin_out, size_t *end_out)
{
	size_t end = at, begin;

	if (end == 0 || end > text.size || text.data[end - 1] != '"')
		return false;
	for (begin = --end; begin > 0; begin--) {
		size_t slashes = 0;

		if (text.data[begin - 1] != '"')
			continue;
		while (slashes < begin - 1 && text.data[begin - 2 - slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			break;
	}
	*begin_out = begin;
	*end_out = end;
	return begin > 0;
}

/* The text with [begin, end) replaced. */
static bool
replace(struct vs_bytes text, size_t begin, size_t end, struct vs_bytes by, struct vs_buf *mended)
{
	vs_buf_reset(mended);
	return vs_buf_append_bytes(mended, vs_bytes_from(text.data, begin)).code == VS_E_OK &&
	       vs_buf_append_bytes(mended, by).code == VS_E_OK &&
	       vs_buf_append_bytes(mended, vs_bytes_from(text.data + end, text.size - end)).code ==
	           VS_E_OK;
}

static bool
mend_date(struct vs_bytes text, size_t begin, size_t end, int64_t now_ms, struct vs_buf *mended)
{
	char now[VS_TIME_TEXT_SIZE];

	vs_time_format(now_ms, now);
	return replace(text, begin, end, vs_bytes_from_text(now), mended);
}

/* The first characters of it; one with escapes is not cut. */
static bool
mend_serial(struct vs_bytes text, size_t begin, size_t end, struct vs_buf *mended)
{
	size_t at = begin, length = 0;

	if (memchr(text.data + begin, '\\', end - begin) != NULL)
		return false;
	for (; at < end; at++) {
		if ((text.data[at] & 0xc0) != 0x80 && length++ == SERIAL_LENGTH_MAX)
			break;
	}
	return replace(text, at, end, vs_bytes_from(NULL, 0), mended);
}

/* The size of the escaped control character that ends text[begin..end), 0: there is none. */
static size_t
control_at_end(struct vs_bytes text, size_t begin, size_t end)
{
	const uint8_t *last = end >= 6 ? text.data + end - 6 : text.data;

	if (end - begin >= 6 && vs_bytes_equal_text(vs_bytes_from(last, 4), "\\u00") &&
	    (last[4] == '0' || last[4] == '1'))
		return 6;
	if (end - begin >= 2 && text.data[end - 2] == '\\' &&
	    strchr("bfnrt", text.data[end - 1]) != NULL &&
	    (end - begin < 3 || text.data[end - 3] != '\\'))
		return 2;
	return 0;
}

static bool
mend_token(struct vs_bytes text, size_t begin, size_t end, struct vs_buf *mended)
{
	size_t cut = end, size;

	while ((size = control_at_end(text, begin, cut)) > 0)
		cut -= size;
	return cut < end && replace(text, cut, end, vs_bytes_from(NULL, 0), mended);
}

enum vs_core_quirk
vs_central_odd_mend(uint32_t quirks, const struct vs_ocpp_fault *fault, struct vs_bytes text,
                    int64_t now_ms, struct vs_buf *mended)
{
	const struct vs_core_policy policy = {.quirks = quirks};
	size_t begin = 0, end = 0;

	assert(fault != NULL && mended != NULL);
	/* A bare control character within a token: the reader stands at it. */
	if (fault->err == VS_E_BAD_CHARACTER && is_token(fault->path) && fault->at < text.size &&
	    vs_core_policy_forgives(&policy, VS_CORE_QUIRK_TOKEN_TAIL) &&
	    replace(text, fault->at, fault->at + 1u, vs_bytes_from(NULL, 0), mended))
		return VS_CORE_QUIRK_TOKEN_TAIL;
	if (!find_string(text, fault->at, &begin, &end))
		return VS_CORE_QUIRK_COUNT;
	if (fault->err == VS_E_BAD_TIME &&
	    vs_core_policy_forgives(&policy, VS_CORE_QUIRK_BAD_DATE) &&
	    mend_date(text, begin, end, now_ms, mended))
		return VS_CORE_QUIRK_BAD_DATE;
	if (fault->err == VS_E_OUT_OF_RANGE && is_serial(fault->path) &&
	    vs_core_policy_forgives(&policy, VS_CORE_QUIRK_LONG_SERIAL) &&
	    mend_serial(text, begin, end, mended))
		return VS_CORE_QUIRK_LONG_SERIAL;
	if (fault->err == VS_E_OUT_OF_RANGE && is_token(fault->path) &&
	    vs_core_policy_forgives(&policy, VS_CORE_QUIRK_TOKEN_TAIL) &&
	    mend_token(text, begin, end, mended))
		return VS_CORE_QUIRK_TOKEN_TAIL;
	return VS_CORE_QUIRK_COUNT;
}

/* --- telling -------------------------------------------------------------------------------- */

static void
put(struct vs_json_writer *writer, const char *key, const char *text)
{
	vs_json_write_key(writer, key);
	vs_json_write_text(writer, text);
}

static void
put_frame(struct vs_json_writer *writer, struct vs_bytes text)
{
	size_t size = text.size < VS_CENTRAL_ODD_SIZE ? text.size : VS_CENTRAL_ODD_SIZE;
	char frame[VS_CENTRAL_ODD_SIZE];

	for (size_t i = 0; i < size; i++)
		frame[i] = text.data[i] >= ' ' && text.data[i] <= '~' ? (char)text.data[i] : '?';
	vs_json_write_key(writer, "frame");
	vs_json_write_string(writer, vs_bytes_from(frame, size));
	vs_json_write_key(writer, "size");
	vs_json_write_int(writer, (int64_t)text.size);
}

static vs_result
add_event(struct vs_central_context *context, const struct vs_central_session *session,
          enum vs_core_quirk quirk, struct vs_bytes detail)
{
	bool is_mended = quirk != VS_CORE_QUIRK_COUNT;
	struct vs_core_record *record = NULL;

	VS_TRY(vs_core_record_new(VS_RECORD_event, session->tenant, session->identity,
	                          context->now_ms, detail, vs_bytes_from(NULL, 0), &record));
	(void)vs_bytes_copy_text(is_mended ? VS_BYTES_LITERAL("MessageMended")
	                                   : VS_BYTES_LITERAL("MessageRefused"),
	                         record->u.event.type, sizeof(record->u.event.type));
	record->u.event.severity = is_mended ? VS_CORE_INFO : VS_CORE_WARNING;
	record->u.event.at_ms = context->now_ms;
	vs_journal_add(&context->journal, record);
	return VS_OK;
}

void
vs_central_odd_tell(struct vs_central_context *context, struct vs_central_session *session,
                    const struct vs_ocpp_fault *fault, enum vs_core_quirk quirk,
                    struct vs_bytes text)
{
	struct vs_json_writer writer;
	vs_result r;

	assert(context != NULL && session != NULL && fault != NULL);
	if (session->odd_count >= VS_CENTRAL_ODD_MAX || context->journal.is_blocked)
		return;
	session->odd_count++;
	vs_buf_reset(&context->out);
	vs_json_write_begin(&writer, &context->out);
	vs_json_write_object(&writer);
	put(&writer, "action", vs_ocpp_action_name(fault->action));
	put(&writer, "why", fault->description);
	if (quirk != VS_CORE_QUIRK_COUNT)
		put(&writer, "quirk", vs_core_quirk_text(quirk));
	put_frame(&writer, text);
	vs_json_write_object_end(&writer);
	r = vs_json_write_end(&writer);
	if (r.code == VS_E_OK)
		r = add_event(context, session, quirk, vs_buf_view(&context->out));
	if (r.code != VS_E_OK)
		session->odd_count--; /* the next one, then */
}

void
vs_central_odd_result_error(const struct vs_central_session *session,
                            const struct vs_ocpp_message *message)
{
	vs_metric_add(VS_METRIC_ocpp_frames_bad_total, 1);
	VS_LOG(WARN, "answer.refused", vs_bytes_from_text(session->identity),
	       VS_LOG_BYTES("id", message->id), VS_LOG_BYTES("code", message->error_code),
	       VS_LOG_BYTES("why", message->error_description));
}

/* --- models --------------------------------------------------------------------------------- */

void
vs_central_odd_model(const struct vs_central_context *context, struct vs_central_session *session,
                     const char *vendor, const char *model)
{
	uint32_t quirks = vs_core_models_quirks(context->models, vendor, model);
	char words[VS_CORE_QUIRKS_TEXT_SIZE];

	if ((session->quirks | quirks) == session->quirks)
		return;
	session->quirks |= (uint8_t)quirks;
	vs_core_quirks_write(quirks, words);
	VS_LOG(INFO, "quirks.of_model", vs_bytes_from_text(session->identity),
	       VS_LOG_STR("vendor", vendor), VS_LOG_STR("model", model),
	       VS_LOG_STR("quirks", words));
}

static void
copy_member(const struct vs_json_tape *tape, const struct vs_json_node *object, const char *name,
            char text[static VS_CORE_MODEL_NAME_SIZE])
{
	const struct vs_json_node *node = vs_json_member(tape, object, name);

	if (node == NULL ||
	    vs_json_copy_text(tape, node, text, VS_CORE_MODEL_NAME_SIZE).code != VS_E_OK)
		text[0] = '\0';
}

/* A first BootNotification that breaks its table is not read any further; whose it is stands in it
 * all the same, if it is JSON at all. */
static void
look_for_model(struct vs_central_context *context, struct vs_central_session *session,
               struct vs_bytes text)
{
	char vendor[VS_CORE_MODEL_NAME_SIZE] = "", model[VS_CORE_MODEL_NAME_SIZE] = "";
	const struct vs_json_node *root, *payload = NULL;
	struct vs_json_tape tape;

	vs_json_tape_init(&tape);
	if (vs_json_parse(text, &tape).code == VS_E_OK) {
		root = vs_json_root(&tape);
		for (unsigned i = 0; i < 4 && root->type == VS_JSON_ARRAY; i++)
			payload = i == 0 || payload != NULL ? vs_json_next(root, payload) : NULL;
		if (payload != NULL && payload->type == VS_JSON_OBJECT &&
		    session->version == VS_OCPP_16) {
			copy_member(&tape, payload, "chargePointVendor", vendor);
			copy_member(&tape, payload, "chargePointModel", model);
		} else if (payload != NULL && payload->type == VS_JSON_OBJECT) {
			payload = vs_json_member(&tape, payload, "chargingStation");
			copy_member(&tape, payload, "vendorName", vendor);
			copy_member(&tape, payload, "model", model);
		}
	}
	vs_json_tape_done(&tape);
	vs_central_odd_model(context, session, vendor, model);
}

/* --- reading -------------------------------------------------------------------------------- */

vs_result
vs_central_odd_parse(struct vs_central_context *context, struct vs_central_session *session,
                     struct vs_bytes text, struct vs_ocpp_message *message_out,
                     struct vs_ocpp_fault *fault_out)
{
	const struct vs_ocpp_outstanding *asked = vs_ocpp_calls_outstanding(&session->calls);
	enum vs_ocpp_version version = (enum vs_ocpp_version)session->version;
	struct vs_bytes now = text;
	vs_result r = vs_ocpp_message_parse(version, VS_OCPP_STATION, now, asked, &context->tape,
	                                    message_out, fault_out);

	if (r.code != VS_E_OK && context->models != NULL && context->models->count > 0 &&
	    fault_out->action == VS_OCPP_BootNotification)
		look_for_model(context, session, text);
	for (unsigned round = 0; r.code != VS_E_OK && session->quirks != 0 && round < MENDS_MAX;
	     round++) {
		struct vs_buf *mended = &context->mended[round % 2];
		enum vs_core_quirk quirk =
		    vs_central_odd_mend(session->quirks, fault_out, now, context->now_ms, mended);

		if (quirk == VS_CORE_QUIRK_COUNT)
			break;
		if (round == 0)
			vs_central_odd_tell(context, session, fault_out, quirk, text);
		now = vs_buf_view(mended);
		r = vs_ocpp_message_parse(version, VS_OCPP_STATION, now, asked, &context->tape,
		                          message_out, fault_out);
	}
	return r;
}
