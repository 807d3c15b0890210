/* SPDX-License-Identifier: Apache-2.0 */
/* M03 to M05: the roots of a simulated station. Without a place to keep them there are none. */
#include <string.h>

#include "sim/command.h"
#include "sim/compose.h"
#include "sim/roots.h"

VS_RESULT
vs_sim_command_install_certificate(const struct vs_sim_command *command)
{
	enum vs_ocpp_value type = vs_sim_command_value(command, VS_OCPP_N_certificateType);
	struct vs_sim_roots *roots = command->station->config.roots;
	char pem[VS_SIM_ROOT_SIZE];
	enum vs_ocpp_value status = VS_OCPP_V_Rejected;
	vs_result r = VS_FAIL(UNSUPPORTED);

	if (roots != NULL)
		r = vs_json_copy_text(command->tape,
		                      vs_sim_command_member(command, VS_OCPP_N_certificate), pem,
		                      sizeof(pem));
	if (r.code == VS_E_OK)
		r = vs_sim_roots_add(roots, vs_ocpp_value_text(type), vs_bytes_from_text(pem));
	/* M05.FR.03, 07: Rejected is what is none, Failed what could not be kept. */
	if (r.code == VS_E_OK)
		status = VS_OCPP_V_Accepted;
	else if (r.code == VS_E_IO || r.code == VS_E_TOO_LONG)
		status = VS_OCPP_V_Failed;
	vs_sim_command_put(command, "status", status);
	return VS_OK;
}

static void
put_hashes(struct vs_json_writer *writer, const struct vs_x509_ocsp_name *name)
{
	vs_sim_put_value(writer, "hashAlgorithm", VS_OCPP_V_SHA256);
	vs_sim_put_text(writer, "issuerNameHash", name->issuer_name_hash);
	vs_sim_put_text(writer, "issuerKeyHash", name->issuer_key_hash);
	vs_sim_put_text(writer, "serialNumber", name->serial);
}

static void
put_name(struct vs_json_writer *writer, const struct vs_x509_ocsp_name *name)
{
	vs_json_write_key(writer, "certificateHashData");
	vs_json_write_object(writer);
	put_hashes(writer, name);
	vs_json_write_object_end(writer);
}

/* No list: all types are meant (M03.FR.03). */
static bool
is_wanted(const struct vs_sim_command *command, const char *type)
{
	const struct vs_json_node *list = vs_sim_command_member(command, VS_OCPP_N_certificateType);
	const struct vs_json_node *item = NULL;

	if (vs_json_count(list) == 0)
		return true;
	while ((item = vs_json_next(list, item)) != NULL)
		if (vs_json_is(command->tape, item, type))
			return true;
	return false;
}

VS_RESULT
vs_sim_command_get_installed_certificate_ids(const struct vs_sim_command *command)
{
	const struct vs_sim_roots *roots = command->station->config.roots;
	size_t count = roots != NULL ? vs_sim_roots_count(roots) : 0, found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct vs_sim_root *root = vs_sim_roots_at(roots, i);

		if (!is_wanted(command, root->type))
			continue;
		if (found++ == 0) {
			vs_json_write_key(command->writer, "certificateHashDataChain");
			vs_json_write_array(command->writer);
		}
		vs_json_write_object(command->writer);
		vs_sim_put_text(command->writer, "certificateType", root->type);
		put_name(command->writer, &root->name);
		vs_json_write_object_end(command->writer);
	}
	if (found > 0)
		vs_json_write_array_end(command->writer);
	vs_sim_command_put(command, "status", found > 0 ? VS_OCPP_V_Accepted : VS_OCPP_V_NotFound);
	return VS_OK;
}

/* Of one type, and the names alone (whitepaper 5.6). */
VS_RESULT
vs_sim_command_v16_get_installed_certificate_ids(const struct vs_sim_command *command)
{
	const struct vs_sim_roots *roots = command->station->config.roots;
	const struct vs_json_node *type = vs_sim_command_member(command, VS_OCPP_N_certificateType);
	size_t count = roots != NULL ? vs_sim_roots_count(roots) : 0, found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct vs_sim_root *root = vs_sim_roots_at(roots, i);

		if (!vs_json_is(command->tape, type, root->type))
			continue;
		if (found++ == 0) {
			vs_json_write_key(command->writer, "certificateHashData");
			vs_json_write_array(command->writer);
		}
		vs_json_write_object(command->writer);
		put_hashes(command->writer, &root->name);
		vs_json_write_object_end(command->writer);
	}
	if (found > 0)
		vs_json_write_array_end(command->writer);
	vs_sim_command_put(command, "status", found > 0 ? VS_OCPP_V_Accepted : VS_OCPP_V_NotFound);
	return VS_OK;
}

VS_RESULT
vs_sim_command_delete_certificate(const struct vs_sim_command *command)
{
	const struct vs_json_node *data =
	    vs_sim_command_member(command, VS_OCPP_N_certificateHashData);
	struct vs_sim_roots *roots = command->station->config.roots;
	struct vs_x509_ocsp_name name;
	vs_result r = VS_FAIL(NOT_FOUND);

	/* M04.FR.07: by the algorithm of M03, which is SHA-256; by another it is not there. */
	if (roots != NULL &&
	    vs_ocpp_value(vs_ocpp_member(data, VS_OCPP_N_hashAlgorithm)) == VS_OCPP_V_SHA256 &&
	    vs_json_copy_text(command->tape, vs_ocpp_member(data, VS_OCPP_N_issuerNameHash),
	                      name.issuer_name_hash, sizeof(name.issuer_name_hash))
	            .code == VS_E_OK &&
	    vs_json_copy_text(command->tape, vs_ocpp_member(data, VS_OCPP_N_issuerKeyHash),
	                      name.issuer_key_hash, sizeof(name.issuer_key_hash))
	            .code == VS_E_OK &&
	    vs_json_copy_text(command->tape, vs_ocpp_member(data, VS_OCPP_N_serialNumber),
	                      name.serial, sizeof(name.serial))
	            .code == VS_E_OK)
		r = vs_sim_roots_remove(roots, &name);
	vs_sim_command_put(command, "status",
	                   r.code == VS_E_OK          ? VS_OCPP_V_Accepted
	                   : r.code == VS_E_NOT_FOUND ? VS_OCPP_V_NotFound
	                                              : VS_OCPP_V_Failed);
	return VS_OK;
}
