/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/random.h"
#include "sim/sensor_run_inside.h"
#include "wire/base64.h"

#define TURN_MS      20
#define WAIT_MS      10000u
#define TRIES        50u
#define SAID_SIZE    160
#define GUESSES      256u
#define ORACLE_CALLS 64u
#define SEALED_SIZE  32u /* of one short value: IV and one block */

enum outcome { REFUSED, THROUGH, FAILED };

struct attacker {
	struct vs_sim_sensor_setup *setup;
	const char *device;
	char *authorization;
	struct vs_pkey *private_key;
	struct vs_json_tape tape;
	struct vs_field_told told; /* the last that was said */
	uint8_t key[VS_FIELD_KEY_SIZE], salt[VS_FIELD_SALT_SIZE];
	char tenant[VS_FIELD_TENANT_SIZE];
	uint32_t epoch;
	uint64_t n;
	vs_conn_id conn;
	bool is_heard, is_closed;
	uint16_t code; /* with which it was closed */
	struct vs_buf text;
	char said[SAID_SIZE];
};

typedef enum outcome attack(struct attacker *attacker);
#define VS_SIM_SENSOR_ATTACK(name, function, help) static attack attack_##function;
#include "sim/sensor_attacks.def"
#undef VS_SIM_SENSOR_ATTACK

static const struct {
	const char *name, *help;
	attack *run;
} rows[] = {
#define VS_SIM_SENSOR_ATTACK(name, function, help) {name, help, attack_##function},
#include "sim/sensor_attacks.def"
#undef VS_SIM_SENSOR_ATTACK
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* --- a connection that is asked one thing after the other ------------------------------------- */

static void
on_message(struct vs_conn *conn, enum vs_net_message_kind kind, uint8_t *data, size_t size,
           void *arg)
{
	struct attacker *attacker = vs_conn_user(conn);

	(void)kind;
	(void)arg;
	if (vs_field_told_read(&attacker->tape, vs_bytes_from(data, size), &attacker->told).code !=
	    VS_E_OK)
		attacker->told = (struct vs_field_told){.kind = VS_FIELD_TOLD_REFUSED};
	/* An offer of a key is no answer. */
	if (attacker->told.kind != VS_FIELD_TOLD_KEY)
		attacker->is_heard = true;
}

static void
on_closed(struct vs_conn *conn, const struct vs_net_close *close, void *arg)
{
	struct attacker *attacker = vs_conn_user(conn);

	(void)arg;
	attacker->is_closed = true;
	attacker->code = close->ws_code;
	attacker->conn = 0;
}

static bool
hear(struct attacker *attacker)
{
	uint64_t end_ms = vs_clock_mono_ms() + WAIT_MS;

	while (!attacker->is_heard && !attacker->is_closed && vs_clock_mono_ms() < end_ms)
		if (vs_loop_turn(attacker->setup->loop, TURN_MS).code != VS_E_OK)
			break;
	return attacker->is_heard;
}

static void
leave(struct attacker *attacker)
{
	struct vs_conn *conn = vs_net_find(attacker->setup->net, attacker->conn);

	if (conn != NULL)
		vs_conn_close(conn, true);
	for (unsigned i = 0; i < TRIES && !attacker->is_closed; i++)
		if (vs_loop_turn(attacker->setup->loop, TURN_MS).code != VS_E_OK)
			break;
}

static bool
ask(struct attacker *attacker, struct vs_bytes text)
{
	struct vs_conn *conn = vs_net_find(attacker->setup->net, attacker->conn);

	attacker->is_heard = false;
	return conn != NULL && vs_conn_ws_send(conn, VS_NET_TEXT, text).code == VS_E_OK &&
	       hear(attacker);
}

static vs_result
take_key(struct attacker *attacker)
{
	const struct vs_field_told *told = &attacker->told;
	const struct vs_field_delivery delivery = {
	    .tenant = told->tenant, .device = attacker->device, .epoch = told->epoch};

	if (told->kind != VS_FIELD_TOLD_INFO || !told->is_sealed)
		return VS_FAIL(NOT_NOW);
	memcpy(attacker->tenant, told->tenant, sizeof(attacker->tenant));
	attacker->epoch = told->epoch;
	vs_random_bytes(attacker->salt, sizeof(attacker->salt));
	attacker->n = (uint64_t)vs_clock_wall_ms(); /* above what D1m has seen */
	if (told->is_bare) {
		memcpy(attacker->key, told->key, sizeof(attacker->key));
		return VS_OK;
	}
	return attacker->private_key == NULL
	           ? VS_FAIL(NOT_FOUND)
	           : vs_field_delivery_open(&delivery, attacker->private_key, told->enc, told->ct,
	                                    attacker->key);
}

/* In, with a key: as the honest device. While the last connection is being ended, again. */
static bool
enter(struct attacker *attacker)
{
	const struct vs_sim_target *target = &attacker->setup->target;
	const struct vs_net_connect_options options = {
	    .stack = target->is_tls ? VS_STACK_WSS : VS_STACK_WS,
	    .address = target->address,
	    .port = target->port,
	    .tls = attacker->setup->tls,
	    .server_name = target->host,
	    .path = target->path,
	    .authorization = vs_bytes_from_text(attacker->authorization),
	    .handler = {.message = on_message, .closed = on_closed},
	    .user = attacker,
	};

	for (unsigned i = 0; i < TRIES; i++) {
		attacker->is_heard = attacker->is_closed = false;
		attacker->code = 0;
		if (vs_net_connect(attacker->setup->net, &options, &attacker->conn).code ==
		        VS_E_OK &&
		    hear(attacker))
			return take_key(attacker).code == VS_E_OK;
		if (!attacker->is_closed || attacker->code != 1013)
			break;
		for (unsigned k = 0; k < 10; k++)
			if (vs_loop_turn(attacker->setup->loop, TURN_MS).code != VS_E_OK)
				return false;
	}
	(void)snprintf(attacker->said, sizeof(attacker->said), "not let in: closed with %u",
	               (unsigned)attacker->code);
	return false;
}

/* --- messages --------------------------------------------------------------------------------- */

/* Two readings, honest but for what is asked for here. */
struct wishes {
	enum vs_field_profile profile;
	const char *device; /* that it is sealed for; NULL: this one */
	uint32_t epoch;     /* 0: the right one */
};

static vs_result
compose(struct attacker *attacker, const struct wishes *wishes)
{
	static const struct vs_field_sample samples[] = {{{(const uint8_t *)"temperature", 11},
	                                                  {(const uint8_t *)"C", 1},
	                                                  {(const uint8_t *)"21.5", 4}},
	                                                 {{(const uint8_t *)"temperature", 11},
	                                                  {(const uint8_t *)"C", 1},
	                                                  {(const uint8_t *)"99.5", 4}}};
	struct vs_field_draft draft = {
	    .profile = wishes->profile,
	    .tenant = attacker->tenant,
	    .device = wishes->device != NULL ? wishes->device : attacker->device,
	    .samples = samples,
	    .count = 2,
	    .n = attacker->n++,
	    .ts_ms = (uint64_t)vs_clock_wall_ms(),
	    .epoch = wishes->epoch != 0 ? wishes->epoch : attacker->epoch,
	    .salt = attacker->salt};
	vs_result r = vs_field_d2_new(attacker->key, draft.tenant, draft.device, draft.epoch,
	                              attacker->salt, &draft.d2);

	if (r.code == VS_E_OK)
		r = vs_field_compat_new(attacker->key, &draft.compat);
	vs_buf_reset(&attacker->text);
	if (r.code == VS_E_OK)
		r = vs_field_compose(&draft, &attacker->text);
	vs_field_d2_free(&draft.d2);
	vs_field_compat_free(&draft.compat);
	return r;
}

/* The index-th sealed value of the message that was composed. */
static uint8_t *
find_value(struct attacker *attacker, unsigned index, size_t *size_out)
{
	static const char before[] = "\"value\":\"";
	struct vs_buf *text = &attacker->text;
	uint8_t *at = text->data, *end = text->data + text->size, *quote;

	for (unsigned i = 0; at != NULL && i <= index; i++) {
		at = memmem(at, (size_t)(end - at), before, sizeof(before) - 1);
		if (at != NULL)
			at += sizeof(before) - 1;
	}
	quote = at != NULL ? memchr(at, '"', (size_t)(end - at)) : NULL;
	if (quote == NULL)
		return NULL;
	*size_out = (size_t)(quote - at);
	return at;
}

/* The honest message must be taken, or the attack shows nothing. */
static bool
say_honest(struct attacker *attacker)
{
	const struct wishes honest = {.profile = attacker->setup->profile};

	if (compose(attacker, &honest).code == VS_E_OK &&
	    ask(attacker, vs_buf_view(&attacker->text)) &&
	    attacker->told.kind == VS_FIELD_TOLD_TAKEN)
		return true;
	(void)snprintf(attacker->said, sizeof(attacker->said), "an honest message is not taken: %s",
	               attacker->told.code);
	return false;
}

static enum outcome
judge(struct attacker *attacker, const char *code)
{
	if (attacker->is_heard && attacker->told.kind == VS_FIELD_TOLD_TAKEN) {
		(void)snprintf(attacker->said, sizeof(attacker->said), "it was taken");
		return THROUGH;
	}
	if (!attacker->is_heard && !attacker->is_closed) {
		(void)snprintf(attacker->said, sizeof(attacker->said), "no answer");
		return FAILED;
	}
	if (attacker->is_heard)
		(void)snprintf(attacker->said, sizeof(attacker->said), "%s", attacker->told.code);
	else
		(void)snprintf(attacker->said, sizeof(attacker->said), "closed with %u",
		               (unsigned)attacker->code);
	return !attacker->is_heard || strcmp(attacker->told.code, code) == 0 ? REFUSED : FAILED;
}

/* --- the attacks ------------------------------------------------------------------------------ */

static enum outcome
attack_cleartext(struct attacker *attacker)
{
	const struct wishes clear = {.profile = VS_FIELD_CLEAR};

	if (!say_honest(attacker) || compose(attacker, &clear).code != VS_E_OK)
		return FAILED;
	(void)ask(attacker, vs_buf_view(&attacker->text));
	return judge(attacker, "downgrade");
}

static enum outcome
attack_replay(struct attacker *attacker)
{
	if (attacker->setup->profile < VS_FIELD_D1M) {
		(void)snprintf(attacker->said, sizeof(attacker->said),
		               "d1 has no numbers: what comes again is stored again");
		return FAILED;
	}
	if (!say_honest(attacker))
		return FAILED;
	(void)ask(attacker, vs_buf_view(&attacker->text));
	if (judge(attacker, "duplicate") != REFUSED)
		return THROUGH;
	leave(attacker);
	if (!enter(attacker))
		return FAILED;
	(void)ask(attacker, vs_buf_view(&attacker->text));
	return judge(attacker, "duplicate");
}

static enum outcome
attack_wrong_epoch(struct attacker *attacker)
{
	const struct wishes other = {.profile = VS_FIELD_D2, .epoch = attacker->epoch + 1};

	if (compose(attacker, &other).code != VS_E_OK)
		return FAILED;
	(void)ask(attacker, vs_buf_view(&attacker->text));
	return judge(attacker, "unknown_key");
}

static bool
is_authenticated(struct attacker *attacker)
{
	if (attacker->setup->profile >= VS_FIELD_D1M)
		return true;
	(void)snprintf(attacker->said, sizeof(attacker->said),
	               "d1 is not authenticated: use it within TLS alone");
	return false;
}

static enum outcome
attack_swapped_field(struct attacker *attacker)
{
	const struct wishes honest = {.profile = attacker->setup->profile};
	uint8_t *first, *second;
	size_t size = 0, other = 0;

	if (!is_authenticated(attacker) || compose(attacker, &honest).code != VS_E_OK)
		return FAILED;
	first = find_value(attacker, 0, &size);
	second = find_value(attacker, 1, &other);
	if (first == NULL || second == NULL || size != other)
		return FAILED;
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = first[i];

		first[i] = second[i];
		second[i] = byte;
	}
	(void)ask(attacker, vs_buf_view(&attacker->text));
	return judge(attacker, "decrypt_failed");
}

static enum outcome
attack_swapped_device(struct attacker *attacker)
{
	static const char other[] = "another-device";
	const struct wishes wishes = {.profile = attacker->setup->profile, .device = other};

	if (compose(attacker, &wishes).code != VS_E_OK)
		return FAILED;
	(void)ask(attacker, vs_buf_view(&attacker->text));
	return judge(attacker, "decrypt_failed"); /* or closed: it names another device */
}

static enum outcome
attack_bit_flip(struct attacker *attacker)
{
	const struct wishes honest = {.profile = attacker->setup->profile};
	uint8_t *value;
	size_t size = 0;

	if (!is_authenticated(attacker) || compose(attacker, &honest).code != VS_E_OK)
		return FAILED;
	value = find_value(attacker, 0, &size);
	if (value == NULL)
		return FAILED;
	value[2] = value[2] == 'A' ? 'E' : 'A';
	(void)ask(attacker, vs_buf_view(&attacker->text));
	return judge(attacker, "decrypt_failed");
}

static vs_result
compose_guess(struct attacker *attacker, const uint8_t sealed[static SEALED_SIZE])
{
	char value[VS_BASE64_TEXT_SIZE(SEALED_SIZE)];

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(sealed, SEALED_SIZE), value, sizeof(value));
	vs_buf_reset(&attacker->text);
	return vs_buf_printf(&attacker->text,
	                     "{\"device_id\":\"%s\",\"readings\":[{\"sensor_type\":\"t\","
	                     "\"value\":\"%s\",\"unit\":\"\",\"encrypted\":true}]}",
	                     attacker->device, value);
}

/* Vaudenay: with the right last byte of the IV the padding is right and the answer is another one.
 * Here it must be the same for all of them, and there must soon be none any more. */
static enum outcome
attack_padding_oracle(struct attacker *attacker)
{
	uint8_t sealed[SEALED_SIZE];
	unsigned calls = 0, answers = 0, taken = 0, others = 0;
	char first[VS_FIELD_CODE_SIZE] = "", end[32] = "";

	vs_random_bytes(sealed, sizeof(sealed));
	while (calls < ORACLE_CALLS) {
		sealed[VS_FIELD_SALT_SIZE - 1] = (uint8_t)(calls++ % GUESSES);
		if (compose_guess(attacker, sealed).code != VS_E_OK)
			return FAILED;
		if (!ask(attacker, vs_buf_view(&attacker->text))) {
			if (!attacker->is_closed || !enter(attacker))
				break;
			continue;
		}
		if (answers++ == 0)
			memcpy(first, attacker->told.code, sizeof(first));
		taken += attacker->told.kind == VS_FIELD_TOLD_TAKEN;
		others += strcmp(first, attacker->told.code) != 0;
	}
	if (attacker->code != 0)
		(void)snprintf(end, sizeof(end), "; then closed with %u", (unsigned)attacker->code);
	(void)snprintf(attacker->said, sizeof(attacker->said),
	               "%u guesses, %u answers \"%s\", %u others, %u taken%s", calls, answers,
	               first, others, taken, end);
	if (others > 0 || taken > 0)
		return THROUGH;
	/* Where D1 is not taken at all, nothing is opened and there is nothing to learn. */
	return calls < ORACLE_CALLS || strcmp(first, "downgrade") == 0 ? REFUSED : THROUGH;
}

/* --- all of them ------------------------------------------------------------------------------ */

static int
run_rows(struct attacker *attacker, const char *name)
{
	static const char *const outcomes[] = {
	    [REFUSED] = "refused", [THROUGH] = "GOT THROUGH", [FAILED] = "not tried"};
	bool is_all = strcmp(name, "all") == 0;
	int status = EX_OK;

	for (size_t i = 0; i < ROWS; i++) {
		enum outcome outcome = FAILED;

		if (!is_all && strcmp(name, rows[i].name) != 0)
			continue;
		if (enter(attacker))
			outcome = rows[i].run(attacker);
		leave(attacker);
		(void)fprintf(stdout, "%-15s %s\n%-15s %s: %s\n", rows[i].name, rows[i].help, "",
		              outcomes[outcome], attacker->said);
		(void)fflush(stdout);
		if (outcome == THROUGH)
			status = 1;
		else if (outcome == FAILED && status == EX_OK)
			status = EX_UNAVAILABLE;
	}
	return status;
}

static bool
is_known(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return true;
	return strcmp(name, "all") == 0;
}

int
vs_sim_sensor_attack(struct vs_sim_sensor_setup *setup, const char *name)
{
	const struct vs_sim_credential *row = &setup->credentials.rows[0];
	struct attacker *attacker;
	int status;

	if (!is_known(name)) {
		for (size_t i = 0; i < ROWS; i++)
			(void)fprintf(stdout, "%-15s %s\n", rows[i].name, rows[i].help);
		return strcmp(name, "list") == 0 ? EX_OK : EX_USAGE;
	}
	attacker = calloc(1, sizeof(*attacker));
	if (attacker == NULL)
		return vs_sim_sensor_complain(EX_OSERR, "attack", "no memory");
	attacker->setup = setup;
	attacker->device = row->identity;
	attacker->authorization = vs_sim_sensor_bearer(row->password);
	vs_json_tape_init(&attacker->tape);
	vs_buf_init(&attacker->text, VS_LIMIT_SENSOR_MESSAGE_SIZE);
	status = attacker->authorization == NULL
	             ? EX_OSERR
	             : vs_sim_sensor_key_read(row->psk_file, &attacker->private_key);
	if (status == EX_OK)
		status = run_rows(attacker, name);
	leave(attacker);
	if (attacker->authorization != NULL)
		explicit_bzero(attacker->authorization, strlen(attacker->authorization));
	free(attacker->authorization);
	vs_pkey_free(&attacker->private_key);
	vs_json_tape_done(&attacker->tape);
	vs_buf_done(&attacker->text);
	explicit_bzero(attacker, sizeof(*attacker));
	free(attacker);
	return status;
}
