/* SPDX-License-Identifier: Apache-2.0 */
/* `voltseal-sim charge`: an engine that is its own monitor. */
#include <stdio.h>
#include <sysexits.h>

#include "sim/framed_point.h"
#include "sim/framed_run.h"

#define REASON_SIZE 256

int
vs_sim_framed_charge(const struct vs_sim_options *options)
{
	struct vs_sim_framed_point point;
	char reason[REASON_SIZE] = "";
	vs_result r = vs_sim_framed_point_init(&point, options, VS_SIM_SEAL_PSK, "Charge point",
	                                       reason, sizeof(reason));

	point.is_monitor_too = true;
	if (r.code == VS_E_OK)
		r = vs_sim_framed_point_run(&point);
	else
		(void)fprintf(stderr, "voltseal-sim: %s\n", reason);
	vs_sim_framed_point_done(&point);
	return r.code == VS_E_OK ? EX_OK : EX_CONFIG;
}
