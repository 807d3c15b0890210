/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/file.h"
#include "sim/descriptors.h"
#include "sim/sealed_password.h"
#include "sim/sensor_run_inside.h"

#define KEY_FILE_SIZE_MAX 4096
#define REASON_SIZE       256

int
vs_sim_sensor_complain(int status, const char *what, const char *why)
{
	(void)fprintf(stderr, "voltseal-sim: %s: %s\n", what, why);
	return status;
}

char *
vs_sim_sensor_bearer(const char *token)
{
	size_t size = strlen(token) + sizeof("Bearer ");
	char *text = calloc(1, size);

	if (text != NULL)
		(void)snprintf(text, size, "Bearer %s", token);
	return text;
}

int
vs_sim_sensor_key_read(const char *path, struct vs_pkey **key_out)
{
	struct vs_pkey *key = NULL;
	struct vs_buf pem;
	vs_result r;

	if (path == NULL || path[0] == '\0')
		return EX_OK;
	vs_buf_init(&pem, KEY_FILE_SIZE_MAX);
	r = vs_file_read(path, &pem);
	if (r.code == VS_E_OK)
		r = vs_pkey_read_private(vs_buf_view(&pem), &key);
	if (pem.data != NULL)
		explicit_bzero(pem.data, pem.capacity);
	vs_buf_done(&pem);
	if (r.code == VS_E_OK && vs_pkey_kind_of(key) == VS_PKEY_X25519) {
		*key_out = key;
		return EX_OK;
	}
	vs_pkey_free(&key);
	return vs_sim_sensor_complain(EX_NOINPUT, path, "an X25519 key (PEM) is expected");
}

/* The token is the first line of its file. */
static vs_result
read_single(struct vs_sim_sensor_setup *setup, const struct vs_sim_options *options)
{
	struct vs_buf token;
	vs_result r;

	vs_buf_init(&token, VS_SIM_PASSWORD_FILE_SIZE_MAX);
	r = vs_sim_password_read(options->text[VS_SIM_OPTION_PASSWORD_FILE], NULL, 0, &token, NULL);
	if (r.code == VS_E_OK)
		r = vs_sim_credentials_single(options->text[VS_SIM_OPTION_ID], vs_buf_view(&token),
		                              NULL, NULL, options->text[VS_SIM_OPTION_DEVICE_KEY],
		                              &setup->credentials);
	if (token.data != NULL)
		explicit_bzero(token.data, token.capacity);
	vs_buf_done(&token);
	return r;
}

static int
read_credentials(struct vs_sim_sensor_setup *setup, const struct vs_sim_options *options)
{
	const char *file = options->text[VS_SIM_OPTION_CREDENTIALS];
	bool is_single = options->text[VS_SIM_OPTION_ID] != NULL;
	char where[REASON_SIZE];
	size_t line = 0;
	vs_result r;

	if (is_single == (file != NULL) ||
	    (is_single && options->text[VS_SIM_OPTION_PASSWORD_FILE] == NULL))
		return vs_sim_sensor_complain(EX_USAGE, "sensor",
		                              "--id with --password-file, or --credentials");
	r = is_single ? read_single(setup, options)
	              : vs_sim_credentials_read(file, &setup->credentials, &line);
	(void)snprintf(where, sizeof(where), "%s:%zu",
	               is_single ? options->text[VS_SIM_OPTION_PASSWORD_FILE] : file, line);
	if (r.code != VS_E_OK || setup->credentials.count == 0)
		return vs_sim_sensor_complain(EX_NOINPUT, where,
		                              r.code == VS_E_BAD_MESSAGE ? "needs id,token"
		                                                         : "cannot be read");
	return EX_OK;
}

int
vs_sim_sensor_setup(struct vs_sim_sensor_setup *setup, const struct vs_sim_options *options)
{
	const char *url = options->text[VS_SIM_OPTION_URL];
	const char *pins = options->text[VS_SIM_OPTION_PIN];
	struct vs_tls_client_options tls = {.ca_file = options->text[VS_SIM_OPTION_CA],
	                                    .cert_file = options->text[VS_SIM_OPTION_CERT],
	                                    .key_file = options->text[VS_SIM_OPTION_KEY]};
	char reason[REASON_SIZE] = "";
	vs_result r;

	vs_sim_descriptors_raise();
	if (vs_field_profile_parse(vs_bytes_from_text(options->text[VS_SIM_OPTION_PROFILE]),
	                           &setup->profile)
	        .code != VS_E_OK)
		return vs_sim_sensor_complain(EX_USAGE, options->text[VS_SIM_OPTION_PROFILE],
		                              "is none of d2, d1m, d1 and clear");
	if (pins != NULL && vs_pin_set_parse(vs_bytes_from_text(pins), &tls.pins).code != VS_E_OK)
		return vs_sim_sensor_complain(EX_USAGE, pins,
		                              "is not sha256/BASE64 of at most 8 keys");
	if (url == NULL || vs_sim_target_parse(url, &setup->target).code != VS_E_OK)
		return vs_sim_sensor_complain(EX_USAGE, "--url",
		                              "for example wss://127.0.0.1:9450/ws/sensors");
	if (setup->target.is_tls && tls.ca_file == NULL)
		return vs_sim_sensor_complain(EX_USAGE, "--ca FILE is needed",
		                              "the root of the server's certificate");
	if (vs_sim_target_resolve(&setup->target, reason, sizeof(reason)).code != VS_E_OK)
		return vs_sim_sensor_complain(EX_NOHOST, url, reason);
	r = vs_loop_new(&setup->loop);
	if (r.code == VS_E_OK)
		r = vs_net_new(setup->loop, 0, &setup->net);
	if (r.code == VS_E_OK && setup->target.is_tls)
		r = vs_tls_client_new(&tls, reason, sizeof(reason), &setup->tls);
	if (r.code != VS_E_OK)
		return vs_sim_sensor_complain(EX_CONFIG, reason, vs_err_text(r.code));
	return read_credentials(setup, options);
}

void
vs_sim_sensor_setup_done(struct vs_sim_sensor_setup *setup)
{
	vs_net_free(&setup->net);
	vs_loop_free(&setup->loop);
	vs_tls_client_unref(&setup->tls);
	vs_sim_credentials_done(&setup->credentials);
}
