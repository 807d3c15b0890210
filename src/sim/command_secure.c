/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, passwords and network profiles of a simulated station: A01, A02, A05, B09. What is
 * taken counts from the next connection on, and after every start. */
#include <string.h>

#include "base/limits.h"
#include "sim/command.h"
#include "sim/compose.h"

#define RECONNECT_MS 300u
#define CHAIN_SIZE   10001u

/* Whoever has a place to keep it. */
static vs_result
keep(struct vs_sim_station *station, enum vs_sim_kept what, struct vs_bytes value)
{
	const struct vs_sim_port *port = &station->config.port;

	return port->keep != NULL ? port->keep(port->arg, what, value) : VS_FAIL(UNSUPPORTED);
}

/* A02: the answer goes out first. */
bool
vs_sim_command_sign(struct vs_sim_station *station)
{
	const struct vs_sim_port *port = &station->config.port;
	struct vs_json_writer writer;
	struct vs_buf pem;
	vs_result r = VS_FAIL(UNSUPPORTED);

	vs_buf_init(&pem, VS_LIMIT_CSR_SIZE);
	if (port->request != NULL)
		r = port->request(port->arg, &pem);
	if (r.code == VS_E_OK) {
		vs_sim_say_begin(station, &writer, VS_OCPP_SignCertificate);
		vs_json_write_key(&writer, "csr");
		vs_json_write_string(&writer, vs_buf_view(&pem));
		if (station->config.version != VS_OCPP_16)
			vs_sim_put_value(&writer, "certificateType",
			                 VS_OCPP_V_ChargingStationCertificate);
		vs_sim_say_end(station, &writer, VS_OCPP_SignCertificate, VS_SIM_FOR_NOTHING, 0);
	}
	vs_buf_done(&pem);
	return r.code == VS_E_OK;
}

/* A02.FR.06, 07: checked against the key that waits; then it comes back with it. */
VS_RESULT
vs_sim_command_certificate_signed(const struct vs_sim_command *command)
{
	const struct vs_json_node *chain =
	    vs_sim_command_member(command, VS_OCPP_N_certificateChain);
	char text[CHAIN_SIZE];
	vs_result r = vs_json_copy_text(command->tape, chain, text, sizeof(text));

	if (r.code == VS_E_OK)
		r = keep(command->station, VS_SIM_KEPT_CHAIN, vs_bytes_from_text(text));
	vs_sim_station_note(command->station, "certificate",
	                    r.code == VS_E_OK ? "taken" : vs_err_text(r.code));
	if (r.code == VS_E_OK)
		command->station->reconnect_ms = command->at.now_ms + RECONNECT_MS;
	vs_sim_command_put(command, "status",
	                   r.code == VS_E_OK ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}

/* A01 */
enum vs_ocpp_value
vs_sim_command_password(const struct vs_sim_command *command, const struct vs_json_node *value)
{
	char text[65];
	vs_result r = vs_json_copy_text(command->tape, value, text, sizeof(text));

	if (r.code == VS_E_OK && strlen(text) < 16)
		r = VS_FAIL(BAD_VALUE);
	if (r.code == VS_E_OK)
		r = keep(command->station, VS_SIM_KEPT_PASSWORD, vs_bytes_from_text(text));
	explicit_bzero(text, sizeof(text));
	if (r.code != VS_E_OK)
		return VS_OCPP_V_Rejected;
	command->station->reconnect_ms = command->at.now_ms + RECONNECT_MS;
	return VS_OCPP_V_Accepted;
}

/* B09: one slot beside the one of the command line, which is 0. */
VS_RESULT
vs_sim_command_set_network_profile(const struct vs_sim_command *command)
{
	const struct vs_json_node *data = vs_sim_command_member(command, VS_OCPP_N_connectionData);
	struct vs_sim_station *station = command->station;
	int64_t slot = 0, profile = 0;
	bool is_good;

	VS_TRY(vs_json_int(command->tape,
	                   vs_sim_command_member(command, VS_OCPP_N_configurationSlot), &slot));
	VS_TRY(
	    vs_json_int(command->tape, vs_ocpp_member(data, VS_OCPP_N_securityProfile), &profile));
	/* A00.FR.005, B09.FR.04: never lower than now. */
	is_good = slot > 0 && slot < 10 && profile >= 2 && profile <= 3 &&
	          profile >= vs_sim_device_int(&station->device, VS_SIM_V_SECURITY_PROFILE) &&
	          station->config.port.keep != NULL;
	if (is_good) {
		station->slot = (uint8_t)slot;
		station->slot_profile = (uint8_t)profile;
		station->is_slot_first = false;
	}
	vs_sim_command_put(command, "status", is_good ? VS_OCPP_V_Accepted : VS_OCPP_V_Rejected);
	return VS_OK;
}

/* B10: what stands first counts from the next start on. */
void
vs_sim_command_prioritise(struct vs_sim_station *station, const char *list)
{
	station->is_slot_first = station->slot != 0 && list[0] == (char)('0' + station->slot) &&
	                         (list[1] == ',' || list[1] == '\0');
}

/* A05.FR.02, 03: without what the profile needs it stays as it is. */
void
vs_sim_command_take_slot(struct vs_sim_station *station)
{
	const char digit = (char)('0' + station->slot_profile);

	if (!station->is_slot_first)
		return;
	station->is_slot_first = false;
	if (keep(station, VS_SIM_KEPT_PROFILE, vs_bytes_from(&digit, 1)).code != VS_E_OK ||
	    vs_sim_station_put_number(station, VS_SIM_V_SECURITY_PROFILE, station->slot_profile)
	            .code != VS_E_OK)
		vs_sim_station_note(station, "stays with its security profile", "");
}
