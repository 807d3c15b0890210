/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/version.h"

enum vs_ocpp_version
vs_sim_version_of(const struct vs_sim_plan *plan, uint32_t number)
{
	static const enum vs_ocpp_version versions[] = {VS_OCPP_16, VS_OCPP_201, VS_OCPP_21};

	if (plan->is_mixed)
		return versions[number % 3];
	return plan->version != 0 ? plan->version : VS_OCPP_201;
}

const char *
vs_sim_subprotocol(enum vs_ocpp_version version, bool is_sealed)
{
	switch (version) {
	case VS_OCPP_16:
		return is_sealed ? "ocpp1.6+e2" : "ocpp1.6";
	case VS_OCPP_201:
		return is_sealed ? "ocpp2.0.1+e2" : "ocpp2.0.1";
	case VS_OCPP_21:
		return is_sealed ? "ocpp2.1+e2" : "ocpp2.1";
	}
	return "";
}
