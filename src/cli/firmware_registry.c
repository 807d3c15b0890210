/* SPDX-License-Identifier: Apache-2.0 */
/* The registry of firmware: an image is brought, verified there, and sent from there. */
#include <stdio.h>
#include <string.h>

#include "cli/fail.h"
#include "cli/firmware.h"
#include "cli/http.h"
#include "cli/list.h"
#include "cli/station_command.h"
#include "wire/base64.h"

#define FIRMWARE  "/api/v1/firmware"
#define PATH_SIZE 1024u
#define BODY_SIZE 65536u
#define ALL       1000000u
#define ID_SIZE   64u

static const struct vs_cli_column columns[] = {
    {"IMAGE", "id", VS_CLI_TEXT},    {"VERSION", "name", VS_CLI_TEXT},
    {"MODEL", "type", VS_CLI_TEXT},  {"VERIFIED", "received", VS_CLI_YES},
    {"SIZE", "size", VS_CLI_NUMBER}, {"ADDED", "asked_at", VS_CLI_AGO},
    {NULL, NULL, VS_CLI_TEXT}};
static const struct vs_cli_column card[] = {
    {"image", "id", VS_CLI_TEXT},    {"version", "name", VS_CLI_TEXT},
    {"model", "type", VS_CLI_TEXT},  {"verified", "received", VS_CLI_YES},
    {"size", "size", VS_CLI_NUMBER}, {"sha256", "sha256", VS_CLI_TEXT},
    {NULL, NULL, VS_CLI_TEXT}};

int
vs_cli_run_firmware_list(struct vs_cli *cli)
{
	return vs_cli_list(cli, FIRMWARE, "", ALL, columns);
}

static vs_result
make_body(const struct vs_cli *cli, const struct vs_cli_image *image, struct vs_buf *body)
{
	char signature[VS_CLI_SIGNATURE_MAX * 4 / 3 + 8];
	const char *model = vs_cli_option(cli, "model");
	struct vs_json_writer json;

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(image->signature, image->signature_size),
	                       signature, sizeof(signature));
	vs_json_write_begin(&json, body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "version");
	vs_json_write_text(&json, vs_cli_option(cli, "release"));
	if (model != NULL) {
		vs_json_write_key(&json, "model");
		vs_json_write_text(&json, model);
	}
	vs_json_write_key(&json, "certificate");
	vs_json_write_string(&json, vs_buf_view(&image->certificate));
	vs_json_write_key(&json, "manufacturer_root");
	vs_json_write_string(&json, vs_buf_view(&image->roots));
	vs_json_write_key(&json, "signature");
	vs_json_write_text(&json, signature);
	vs_json_write_object_end(&json);
	return vs_json_write_end(&json);
}

/* The entry; its id is in the answer. */
static int
add_entry(struct vs_cli *cli, const struct vs_cli_image *image, char id[static ID_SIZE])
{
	struct vs_buf body;
	int code;

	vs_buf_init(&body, BODY_SIZE);
	if (make_body(cli, image, &body).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE,
		                   "an option is too long, or a PEM file is no text");
	else
		code = vs_cli_http(cli, "POST", FIRMWARE, vs_buf_view(&body));
	vs_buf_done(&body);
	if (code == 0 &&
	    vs_json_copy_text(
		&cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "id"), id, ID_SIZE)
	            .code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_MESSAGE, "the daemon's answer names no image");
	return code;
}

static int
put_image(struct vs_cli *cli, const char *id, const char *file)
{
	struct vs_buf path, image;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	vs_buf_init(&image, VS_LIMIT_FIRMWARE_SIZE);
	if (vs_cli_read_bytes(file, false, &image).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_CONFIG,
		                   "the image cannot be read, or is longer than the registry takes "
		                   "(15 MiB): use --location for such a one");
	else if (vs_cli_path(&path, FIRMWARE, id, "image").code != VS_E_OK)
		code = vs_cli_no_memory(cli);
	else
		code = vs_cli_http(cli, "PUT", vs_cli_c_text(&path), vs_buf_view(&image));
	vs_buf_done(&path);
	vs_buf_done(&image);
	return code;
}

int
vs_cli_run_firmware_add(struct vs_cli *cli)
{
	struct vs_cli_image image = {.signature_size = 0};
	char id[ID_SIZE] = "";
	int code;

	if (vs_cli_option(cli, "release") == NULL)
		return vs_cli_fail_usage(cli, "--release says which version it is");
	code = vs_cli_image_read(cli, &image);
	if (code == 0)
		code = add_entry(cli, &image, id);
	if (code == 0)
		code = put_image(cli, id, cli->args.positionals[0]);
	vs_cli_image_done(&image);
	return code == 0 ? vs_cli_show(cli, NULL, card) : code;
}

int
vs_cli_send_registered(struct vs_cli *cli, unsigned timeout_s)
{
	struct vs_buf path, body;
	struct vs_json_writer json;
	int code;

	vs_buf_init(&path, PATH_SIZE);
	vs_buf_init(&body, BODY_SIZE);
	vs_json_write_begin(&json, &body);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "station");
	vs_json_write_text(&json, cli->subject);
	vs_json_write_object_end(&json);
	if (vs_json_write_end(&json).code != VS_E_OK ||
	    vs_cli_path(&path, FIRMWARE, cli->args.positionals[0], "send").code != VS_E_OK)
		code = vs_cli_fail_usage(
		    cli, "IMAGE is an id of firmware list, or a file and --location says where the "
			 "station fetches it");
	else
		code = vs_cli_http(cli, "POST", vs_cli_c_text(&path), vs_buf_view(&body));
	vs_buf_done(&path);
	vs_buf_done(&body);
	if (code == 0)
		code = vs_cli_wait_command(cli, timeout_s);
	if (code == 0)
		code = vs_cli_judge_answer(cli);
	return code == 0 ? vs_cli_tell_answer(cli) : code;
}
