/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/enrol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "fetch/fetch.h"
#include "sim/psk.h"
#include "sim/vault.h"
#include "wire/base64.h"
#include "wire/json.h"

#define ANSWER_SIZE 65536u
#define BODY_SIZE   16384u
#define CHAIN_SIZE  16384u
#define TIMEOUT_MS  30000u
#define CREATED     201u
#define NEEDS_A_CSR "VS-1201" /* a required member is missing */

struct enrolling {
	const struct vs_sim_options *options;
	struct vs_sim_vault *vault;
	struct vs_secret *token;
	struct vs_buf answer;
	struct vs_json_tape tape;
	char reason[VS_FETCH_REASON_SIZE];
};

static int
complain(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "voltseal-sim: %s: %s\n", what, why);
	return status;
}

static void
wipe(struct vs_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->capacity);
	vs_buf_done(buf);
}

/* The first line of a file that is private. */
static struct vs_bytes
token_of(const struct vs_secret *secret)
{
	const uint8_t *text = vs_secret_bytes((struct vs_secret *)(uintptr_t)secret);
	size_t size = vs_secret_size(secret), line = 0;

	while (line < size && text[line] != '\n' && text[line] != '\r')
		line++;
	return vs_bytes_from(text, line);
}

static vs_result
write_body(const struct enrolling *e, struct vs_bytes csr, struct vs_buf *body)
{
	struct vs_json_writer json;

	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "token");
	vs_json_write_string(&json, token_of(e->token));
	vs_json_write_key(&json, "identity");
	vs_json_write_text(&json, e->options->text[VS_SIM_OPTION_ID]);
	if (csr.size > 0) {
		vs_json_write_key(&json, "csr");
		vs_json_write_string(&json, csr);
	}
	if (e->options->is_set[VS_SIM_OPTION_SEALED]) {
		vs_json_write_key(&json, "sealed");
		vs_json_write_bool(&json, true);
	}
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

static vs_result
ask(struct enrolling *e, struct vs_bytes csr, unsigned *status_out)
{
	char url[VS_FETCH_URL_SIZE];
	const char *base = e->options->text[VS_SIM_OPTION_ENROL];
	struct vs_fetch_request request = {
	    .url = url,
	    .content_type = "application/json",
	    .ca_file = e->options->text[VS_SIM_OPTION_CA],
	    .is_private_allowed =
		true, /* the device's own network is where its central side may be */
	    .timeout_ms = TIMEOUT_MS,
	};
	struct vs_buf body;
	vs_result r;

	if ((size_t)snprintf(url, sizeof(url), "%s%senrol", base,
	                     base[0] != '\0' && base[strlen(base) - 1] == '/' ? "" : "/") >=
	    sizeof(url))
		return VS_FAIL(TOO_LONG);
	vs_buf_reset(&e->answer);
	vs_buf_init(&body, BODY_SIZE);
	r = write_body(e, csr, &body);
	request.body = vs_buf_view(&body);
	if (r.code == VS_E_OK)
		r = vs_fetch(&request, &e->answer, status_out, e->reason);
	wipe(&body);
	if (r.code == VS_E_OK)
		r = vs_json_parse(vs_buf_view(&e->answer), &e->tape);
	return r;
}

static const struct vs_json_node *
member(const struct enrolling *e, const char *name)
{
	return vs_json_member(&e->tape, vs_json_root(&e->tape), name);
}

/* Of a refusal: which it is, and what it says. */
static bool
is_refused_for(struct enrolling *e, const char *code)
{
	const struct vs_json_node *node = member(e, "code");
	const struct vs_json_node *detail = member(e, "detail");

	e->reason[0] = '\0';
	if (detail == NULL ||
	    vs_json_copy_text(&e->tape, detail, e->reason, sizeof(e->reason)).code != VS_E_OK)
		(void)snprintf(e->reason, sizeof(e->reason), "it was refused");
	return node != NULL && vs_json_is(&e->tape, node, code);
}

/* Without a request first: what the token is for only the other side knows, and a refusal costs no
 * use of it. */
static vs_result
register_it(struct enrolling *e)
{
	unsigned status = 0;
	struct vs_buf csr;
	vs_result r = ask(e, vs_bytes_from(NULL, 0), &status);

	if (r.code == VS_E_OK && status != CREATED && is_refused_for(e, NEEDS_A_CSR)) {
		vs_buf_init(&csr, BODY_SIZE);
		r = vs_sim_vault_request(e->vault, &csr);
		if (r.code == VS_E_OK)
			r = ask(e, vs_buf_view(&csr), &status);
		vs_buf_done(&csr);
	}
	if (r.code != VS_E_OK || status == CREATED)
		return r;
	(void)is_refused_for(e, "");
	return VS_FAIL(NOT_AUTHENTIC);
}

/* --- what is kept ----------------------------------------------------------------------------- */

static vs_result
append(const struct enrolling *e, const char *name, struct vs_buf *out)
{
	char *text = calloc(1, CHAIN_SIZE);
	vs_result r = text != NULL ? vs_json_copy_text(&e->tape, member(e, name), text, CHAIN_SIZE)
	                           : VS_FAIL(NO_MEMORY);

	if (r.code == VS_E_OK)
		r = vs_buf_append_text(out, text);
	if (text != NULL)
		explicit_bzero(text, CHAIN_SIZE);
	free(text);
	return r;
}

static vs_result
keep_chain(const struct enrolling *e)
{
	struct vs_buf chain;
	vs_result r;

	vs_buf_init(&chain, 2 * CHAIN_SIZE);
	r = append(e, "certificate", &chain);
	if (r.code == VS_E_OK)
		r = append(e, "chain", &chain);
	if (r.code == VS_E_OK)
		r = vs_sim_vault_take_chain(e->vault, vs_buf_view(&chain));
	vs_buf_done(&chain);
	return r;
}

static vs_result
keep_password(const struct enrolling *e)
{
	struct vs_buf password;
	vs_result r;

	vs_buf_init(&password, CHAIN_SIZE);
	r = append(e, "password", &password);
	if (r.code == VS_E_OK)
		r = vs_sim_vault_take_password(e->vault, vs_buf_view(&password));
	wipe(&password);
	return r;
}

static vs_result
keep_psk(const struct enrolling *e, const struct vs_json_node *node)
{
	char text[VS_BASE64_TEXT_SIZE(VS_SIM_PSK_SIZE)];
	struct vs_sim_psk psk;
	int64_t epoch = 0;
	size_t size = 0;
	vs_result r = vs_json_int(&e->tape, vs_json_member(&e->tape, node, "epoch"), &epoch);

	if (r.code == VS_E_OK && (epoch < 1 || epoch > UINT32_MAX))
		r = VS_FAIL(BAD_MESSAGE);
	if (r.code == VS_E_OK)
		r = vs_json_copy_text(&e->tape, vs_json_member(&e->tape, node, "key"), text,
		                      sizeof(text));
	if (r.code == VS_E_OK)
		r = vs_base64_decode(VS_BASE64, vs_bytes_from_text(text), psk.key, sizeof(psk.key),
		                     &size);
	if (r.code == VS_E_OK && size != sizeof(psk.key))
		r = VS_FAIL(BAD_MESSAGE);
	psk.kid = (uint32_t)epoch;
	if (r.code == VS_E_OK)
		r = vs_sim_psk_write(e->options->text[VS_SIM_OPTION_PSK_FILE], &psk);
	explicit_bzero(&psk, sizeof(psk));
	explicit_bzero(text, sizeof(text));
	return r;
}

static vs_result
keep(struct enrolling *e)
{
	const struct vs_json_node *psk = member(e, "psk");
	bool has_chain = member(e, "certificate") != NULL;
	bool has_password = member(e, "password") != NULL;

	if (!has_chain && !has_password)
		return VS_FAIL(BAD_MESSAGE);
	if (psk != NULL)
		VS_TRY(keep_psk(e, psk));
	if (has_chain)
		VS_TRY(keep_chain(e));
	if (has_password)
		VS_TRY(keep_password(e));
	if (has_chain && has_password)
		return vs_sim_vault_take_both(e->vault);
	return has_chain ? vs_sim_vault_take_profile(e->vault, 3) : VS_OK;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int
enrol(struct enrolling *e)
{
	const char *url = e->options->text[VS_SIM_OPTION_ENROL];
	vs_result r;

	if (vs_file_secret_read(e->options->text[VS_SIM_OPTION_ENROL_TOKEN_FILE], &e->token).code !=
	    VS_E_OK)
		return complain(EX_NOINPUT, e->options->text[VS_SIM_OPTION_ENROL_TOKEN_FILE],
		                "cannot be read, or is not private (chmod 600)");
	r = register_it(e);
	if (r.code == VS_E_NOT_AUTHENTIC)
		return complain(EX_NOPERM, url, e->reason);
	if (r.code != VS_E_OK)
		return complain(EX_UNAVAILABLE, url,
		                e->reason[0] != '\0' ? e->reason : vs_err_text(r.code));
	r = keep(e);
	if (r.code != VS_E_OK)
		return complain(EX_CANTCREAT, e->options->text[VS_SIM_OPTION_KEEP],
		                vs_err_text(r.code));
	(void)fprintf(stderr, "voltseal-sim: %s is registered; its credential is kept in %s\n",
	              e->options->text[VS_SIM_OPTION_ID], e->options->text[VS_SIM_OPTION_KEEP]);
	return EX_OK;
}

int
vs_sim_enrol(const struct vs_sim_options *options, struct vs_fernet *fernet)
{
	const char *const *text = options->text;
	struct enrolling e = {.options = options};
	int status = EX_OK;

	if (text[VS_SIM_OPTION_ENROL_TOKEN_FILE] == NULL || text[VS_SIM_OPTION_KEEP] == NULL ||
	    text[VS_SIM_OPTION_CA] == NULL)
		return complain(EX_USAGE, "--enrol URL",
		                "--enrol-token-file FILE, --keep DIR and --ca FILE are needed");
	if (options->is_set[VS_SIM_OPTION_SEALED] && text[VS_SIM_OPTION_PSK_FILE] == NULL)
		return complain(EX_USAGE, "--sealed", "needs --psk-file FILE, which is written");
	if (vs_sim_vault_new(text[VS_SIM_OPTION_KEEP], text[VS_SIM_OPTION_ID], &e.vault).code !=
	    VS_E_OK)
		return complain(EX_CANTCREAT, text[VS_SIM_OPTION_KEEP], "cannot be used");
	vs_sim_vault_seal_with(e.vault, fernet);
	vs_buf_init(&e.answer, ANSWER_SIZE);
	vs_json_tape_init(&e.tape);
	if (vs_sim_vault_is_empty(e.vault))
		status = enrol(&e);
	vs_json_tape_done(&e.tape);
	wipe(&e.answer);
	vs_secret_free(&e.token);
	vs_sim_vault_free(&e.vault);
	return status;
}
