/* SPDX-License-Identifier: Apache-2.0 */
/* Signed firmware (OCPP 2.0.1 L01): an image is verified before a station hears of it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/random.h"
#include "cli/fail.h"
#include "cli/firmware.h"
#include "cli/list.h"
#include "cli/station_command.h"
#include "crypto/firmware.h"
#include "wire/base64.h"

#define PIECE_SIZE       65536u
#define PEM_SIZE_MAX     65536u
#define CERTIFICATE_MAX  5500u /* characters of FirmwareType.signingCertificate */
#define SIGNATURE_MAX    VS_CLI_SIGNATURE_MAX
#define LOCATION_MAX     512u
#define PAYLOAD_SIZE_MAX 16384u

static int
read_option(struct vs_cli *cli, const char *option, struct vs_buf *content)
{
	const char *file = vs_cli_option(cli, option);
	char why[96];

	vs_buf_init(content, PEM_SIZE_MAX);
	if (file != NULL && vs_cli_read_bytes(file, false, content).code == VS_E_OK)
		return 0;
	(void)snprintf(why, sizeof(why), "--%s names no file that can be read", option);
	return vs_cli_fail(cli, VS_E_CONFIG, why);
}

/* As base64, or as the bytes that openssl writes. */
static int
read_signature(struct vs_cli *cli, struct vs_cli_image *image)
{
	struct vs_buf raw;
	struct vs_bytes view;
	int code = read_option(cli, "signature", &raw);
	size_t size = 0;

	view = vs_buf_view(&raw);
	while (view.size > 0 &&
	       (view.data[view.size - 1] == '\n' || view.data[view.size - 1] == '\r'))
		view.size--;
	if (code == 0 &&
	    (view.size == 0 || view.size > SIGNATURE_MAX ||
	     vs_base64_decode(VS_BASE64, view, image->signature, sizeof(image->signature), &size)
	             .code != VS_E_OK)) {
		view = vs_buf_view(&raw);
		size = view.size;
		if (size == 0 || size > sizeof(image->signature))
			code =
			    vs_cli_fail(cli, VS_E_TOO_LONG, "the signature has no length of one");
		else
			memcpy(image->signature, view.data, size);
	}
	vs_buf_done(&raw);
	image->signature_size = size;
	return code;
}

static vs_result
add_file(struct vs_firmware_check *check, FILE *file)
{
	static uint8_t piece[PIECE_SIZE];
	size_t size;

	while ((size = fread(piece, 1, sizeof(piece), file)) > 0)
		VS_TRY(vs_firmware_check_add(check, vs_bytes_from(piece, size)));
	return ferror(file) != 0 ? VS_FAIL(IO) : VS_OK;
}

static int
verify(struct vs_cli *cli, const char *path, struct vs_cli_image *image)
{
	struct vs_firmware_check *check = NULL;
	FILE *file = fopen(path, "rbe");
	vs_result r;

	if (file == NULL)
		return vs_cli_fail(cli, VS_E_CONFIG, "the image cannot be read");
	r = vs_firmware_check_new(vs_buf_view(&image->certificate), vs_buf_view(&image->roots),
	                          vs_clock_wall_ms(), &check);
	if (r.code == VS_E_OK) {
		r = add_file(check, file);
		if (r.code == VS_E_OK)
			r = vs_firmware_check_end(
			    check, vs_bytes_from(image->signature, image->signature_size));
		vs_firmware_check_free(&check);
		(void)fclose(file);
		return r.code == VS_E_OK
		           ? 0
		           : vs_cli_fail(cli, r.code, "the signature is not of this image");
	}
	(void)fclose(file);
	return vs_cli_fail(cli, r.code,
	                   "the signing certificate does not lead to the manufacturer's root, is "
	                   "not valid now, or its key is too weak");
}

int
vs_cli_image_read(struct vs_cli *cli, struct vs_cli_image *image)
{
	int code = read_option(cli, "signing-certificate", &image->certificate);

	if (code == 0)
		code = read_option(cli, "manufacturer-root", &image->roots);
	if (code == 0)
		code = read_signature(cli, image);
	return code;
}

static int
check_image(struct vs_cli *cli, const char *path, struct vs_cli_image *image)
{
	int code = vs_cli_image_read(cli, image);

	return code != 0 ? code : verify(cli, path, image);
}

void
vs_cli_image_done(struct vs_cli_image *image)
{
	vs_buf_done(&image->certificate);
	vs_buf_done(&image->roots);
}

int
vs_cli_run_firmware_check(struct vs_cli *cli)
{
	struct vs_cli_image image = {.signature_size = 0};
	int code = check_image(cli, cli->args.positionals[0], &image);

	vs_cli_image_done(&image);
	if (code == 0 && !cli->is_quiet &&
	    vs_buf_append_text(&cli->out, "the image is what the manufacturer signed\n").code !=
	        VS_E_OK)
		return vs_cli_no_memory(cli);
	return code;
}

static vs_result
write_request(const struct vs_cli_image *image, const char *location, struct vs_buf *payload)
{
	struct vs_json_writer writer;
	char text[SIGNATURE_MAX * 4 / 3 + 8];
	uint32_t number = 0;

	(void)vs_base64_encode(VS_BASE64, vs_bytes_from(image->signature, image->signature_size),
	                       text, sizeof(text));
	vs_random_bytes(&number, sizeof(number));
	vs_json_write_begin(&writer, payload);
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "requestId");
	vs_json_write_int(&writer, number >> 1);
	vs_json_write_key(&writer, "firmware");
	vs_json_write_object(&writer);
	vs_json_write_key(&writer, "location");
	vs_json_write_text(&writer, location);
	vs_json_write_key(&writer, "retrieveDateTime");
	vs_json_write_time(&writer, vs_clock_wall_ms());
	vs_json_write_key(&writer, "signingCertificate");
	vs_json_write_string(&writer, vs_buf_view(&image->certificate));
	vs_json_write_key(&writer, "signature");
	vs_json_write_text(&writer, text);
	vs_json_write_object_end(&writer);
	vs_json_write_object_end(&writer);
	return vs_json_write_end(&writer);
}

static int
send_image(struct vs_cli *cli, const struct vs_cli_image *image, unsigned timeout_s)
{
	const char *location = vs_cli_option(cli, "location");
	struct vs_buf payload;
	int code = 0;

	if (location == NULL || strlen(location) > LOCATION_MAX)
		return vs_cli_fail_usage(cli,
		                         "--location says where the station fetches the image");
	if (vs_buf_view(&image->certificate).size > CERTIFICATE_MAX ||
	    vs_base64_text_size(VS_BASE64, image->signature_size) > SIGNATURE_MAX)
		return vs_cli_fail(cli, VS_E_TOO_LONG,
		                   "the certificate or the signature is longer than OCPP takes");
	vs_buf_init(&payload, PAYLOAD_SIZE_MAX);
	if (write_request(image, location, &payload).code != VS_E_OK)
		code = vs_cli_fail(cli, VS_E_BAD_VALUE, "the location is not UTF-8");
	if (code == 0)
		code = vs_cli_ask_station(cli, "UpdateFirmware", vs_buf_view(&payload), timeout_s);
	vs_buf_done(&payload);
	return code != 0 ? code : vs_cli_judge_answer(cli);
}

int
vs_cli_tell_answer(struct vs_cli *cli)
{
	const struct vs_json_node *status = vs_json_member(
	    &cli->tape, vs_json_member(&cli->tape, vs_json_root(&cli->tape), "result"), "status");
	char text[VS_CLI_CELL_SIZE];

	vs_cli_cell(&cli->tape, status, VS_CLI_TEXT, cli->now_ms, text);
	if (vs_buf_printf(&cli->out, "%s says %s\n", cli->subject, text).code != VS_E_OK)
		return vs_cli_no_memory(cli);
	return strncmp(text, "Accepted", 8) == 0 ? 0 : EX_DATAERR;
}

int
vs_cli_run_firmware_send(struct vs_cli *cli)
{
	struct vs_cli_image image = {.signature_size = 0};
	unsigned timeout_s = 0;
	int code = vs_cli_take_timeout(cli, &timeout_s);

	cli->subject = cli->args.positionals[1];
	if (code == 0 && vs_cli_option(cli, "location") == NULL)
		return vs_cli_send_registered(cli, timeout_s);
	if (code == 0)
		code = check_image(cli, cli->args.positionals[0], &image);
	if (code == 0)
		code = send_image(cli, &image, timeout_s);
	vs_cli_image_done(&image);
	return code != 0 ? code : vs_cli_tell_answer(cli);
}
