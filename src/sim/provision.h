/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `voltseal-sim provision`: devices that are provisioned over a broker, renewed and deleted.
 *
 * A device is a folder (--keep DIR, of many DIR/CLAIM): provision.json is what it has to know
 * (provision/device.h), key.pem its key, which never leaves it; what it is given lies beside them
 * as the other subcommands read it: certificate.pem, ca.pem, password, psk.json, token,
 * gateway.json.
 */
#pragma once

#include "mqtt/client.h"
#include "provision/device.h"
#include "sim/options.h"

/* Returns the exit status (sysexits.h). */
int vs_sim_provision_run(const struct vs_sim_options *options);

/* Begins to connect to the broker of --url, else of the bundle. mqtt: who is told, and as whom; the
 * rest is filled in. CONFIG, BAD_VALUE: reason says why. */
VS_RESULT vs_sim_provision_connect(const struct vs_sim_options *options,
                                   const struct vs_provision_bundle *bundle,
                                   struct vs_mqtt_options *mqtt, char *reason, size_t reason_size,
                                   struct vs_mqtt **mqtt_out);

/* --- provision_compat.c -------------------------------------------------------------------------
 */

/* One device of E1: --operation, from beginning to end. reason: why not. */
VS_RESULT vs_sim_provision_compat(const struct vs_sim_options *options, const char *folder,
                                  const char *id, char *reason, size_t reason_size);

/* --- provision_files.c --------------------------------------------------------------------------
 */

/* Reads the device of a folder, or makes one from the bundle. */
VS_RESULT vs_sim_provision_load(const char *folder, const char *bundle_file, const char *id,
                                struct vs_provision_device *device_out);
VS_RESULT vs_sim_provision_save(const char *folder, struct vs_provision_device *device);
/* A certification request for a new key, which waits in key-next.pem. PEM, appended. */
VS_RESULT vs_sim_provision_csr(const char *folder, const char *id, struct vs_buf *pem);
/* What was given, each into its file; the key that waited becomes the key. */
VS_RESULT vs_sim_provision_keep(const char *folder, const struct vs_provision_response *response);
/* The device was deleted: its secrets are wiped. */
VS_RESULT vs_sim_provision_forget(const char *folder);
