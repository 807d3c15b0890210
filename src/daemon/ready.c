/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ready.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/seed.h"
#include "sensor/sensor.h"
#include "wire/json.h"

#define READY_SIZE_MAX  16384
#define STATIONS_LISTED 100

static void
write_url(struct vs_json_writer *json, const char *key, const char *scheme,
          const struct vs_daemon_ready *ready, uint16_t port, const char *path)
{
	char url[256];
	bool is_ipv6 = strchr(ready->address, ':') != NULL;

	(void)snprintf(url, sizeof(url), "%s://%s%s%s:%u%s", scheme, is_ipv6 ? "[" : "",
	               ready->address, is_ipv6 ? "]" : "", (unsigned)port, path);
	vs_json_write_key(json, key);
	vs_json_write_text(json, url);
}

static void
write_member(struct vs_json_writer *json, const char *key, const char *text)
{
	if (text == NULL)
		return;
	vs_json_write_key(json, key);
	vs_json_write_text(json, text);
}

vs_result
vs_daemon_ready_write(const char *path, const struct vs_daemon_ready *ready)
{
	struct vs_json_writer json;
	struct vs_buf buf;
	char login[96];
	vs_result r;

	vs_buf_init(&buf, READY_SIZE_MAX);
	(void)snprintf(login, sizeof(login), "/login?t=%s",
	               ready->login_token != NULL ? ready->login_token : "");
	vs_json_write_begin(&json, &buf);
	vs_json_write_object(&json);
	vs_json_write_key(&json, "pid");
	vs_json_write_int(&json, getpid());
	write_member(&json, "version", VS_VERSION);
	write_member(&json, "state_dir", ready->state_dir);
	write_url(&json, "ocpp_url", "wss", ready, ready->ocpp_port, "/ocpp/");
	if (ready->framed_port != 0)
		write_url(&json, "framed_url", ready->is_framed_clear ? "tcp" : "tls", ready,
		          ready->framed_port, "");
	if (ready->framed_compat_port != 0)
		write_url(&json, "framed_compat_url", ready->is_framed_compat_clear ? "tcp" : "tls",
		          ready, ready->framed_compat_port, "");
	if (ready->sensor_port != 0)
		write_url(&json, "sensor_url", "wss", ready, ready->sensor_port, VS_SENSOR_PATH);
	write_url(&json, "api_url", "https", ready, ready->api_port, "");
	write_url(&json, "dashboard_url", "https", ready, ready->api_port, "/");
	if (ready->login_token != NULL)
		write_url(&json, "login_url", "https", ready, ready->api_port, login);
	write_member(&json, "ca_file", ready->ca_file);
	write_member(&json, "admin_token", ready->admin_token);
	write_member(&json, "admin_token_file", ready->admin_token_file);
	write_member(&json, "credentials_file", ready->credentials_file);
	write_member(&json, "store_file", ready->store_file);
	vs_json_write_key(&json, "stations");
	vs_json_write_array(&json);
	for (int64_t i = 1; i <= ready->station_count && i <= STATIONS_LISTED; i++) {
		char identity[VS_CORE_IDENTITY_SIZE];

		vs_daemon_seed_identity(i, identity);
		vs_json_write_text(&json, identity);
	}
	vs_json_write_array_end(&json);
	vs_json_write_object_end(&json);
	r = vs_json_write_end(&json);
	if (r.code == VS_E_OK)
		r = vs_buf_append_byte(&buf, '\n');
	if (r.code == VS_E_OK)
		r = vs_file_write(path, vs_buf_view(&buf));
	if (buf.data != NULL)
		explicit_bzero(buf.data, buf.size);
	explicit_bzero(login, sizeof(login));
	vs_buf_done(&buf);
	return r;
}
