/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a simulated station on their way: a log that it sends, firmware that it fetches. */
#include "sim/client_inside.h"
#include "sim/transfer.h"

static void
on_uploaded(void *arg, int status, struct vs_bytes content)
{
	struct vs_sim_client *client = arg;

	(void)content;
	vs_sim_station_uploaded(client->station, vs_sim_client_now(client),
	                        status >= 200 && status <= 299);
	vs_sim_client_plan_tick(client);
}

static void
on_downloaded(void *arg, int status, struct vs_bytes content)
{
	struct vs_sim_client *client = arg;

	vs_sim_station_downloaded(client->station, vs_sim_client_now(client), status == 200,
	                          content);
	vs_sim_client_plan_tick(client);
}

static struct vs_tls_client *
own_tls(const struct vs_sim_client *client)
{
	return client->tls != NULL ? client->tls : client->shared->tls;
}

vs_result
vs_sim_client_upload(void *arg, const char *location, struct vs_bytes content)
{
	struct vs_sim_client *client = arg;
	const struct vs_sim_transfer_request request = {.net = client->shared->net,
	                                                .tls = own_tls(client),
	                                                .method = "PUT",
	                                                .url = location,
	                                                .body = content,
	                                                .done = on_uploaded,
	                                                .arg = client};

	vs_sim_transfer_free(&client->transfer);
	return vs_sim_transfer_start(&request, &client->transfer);
}

vs_result
vs_sim_client_download(void *arg, const char *location)
{
	struct vs_sim_client *client = arg;
	const struct vs_sim_transfer_request request = {.net = client->shared->net,
	                                                .tls = own_tls(client),
	                                                .method = "GET",
	                                                .url = location,
	                                                .content_max = VS_LIMIT_FIRMWARE_SIZE,
	                                                .done = on_downloaded,
	                                                .arg = client};

	vs_sim_transfer_free(&client->download);
	return vs_sim_transfer_start(&request, &client->download);
}
