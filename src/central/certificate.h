/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a station's certificate must be beyond a valid chain: one proper name, not expired, not
 * revoked, from a CA that is trusted here, of the station's tenant. Asked after each handshake,
 * full or resumed, and again of live sessions whenever one of these changes. Pure but for the
 * look-ups.
 */
#pragma once

#include "central/admission.h"
#include "crypto/tls.h"

/* What the handshake showed, as values. */
void vs_central_credential_read(const struct vs_tls_peer *peer,
                                struct vs_central_credential *credential_out);

/* ADMITTED, or what is wrong with the certificate, whoever's it is. */
enum vs_central_refusal vs_central_certificate_judge(const struct vs_central_rules *rules,
                                                     const struct vs_central_credential *credential,
                                                     int64_t now_ms);
/* ADMITTED, WRONG_ORGANISATION or OTHER_TENANT: does it fit the tenant of the station that it
 * names? */
enum vs_central_refusal vs_central_certificate_fits(const struct vs_central_rules *rules,
                                                    const char *tenant,
                                                    const struct vs_central_credential *credential);
/* Until when its station is let in although it is over, to be given another one (A00.FR.429), wall
 * clock; 0: not at all, or it is not over. */
int64_t vs_central_certificate_excuse(const struct vs_core_registry *registry,
                                      const struct vs_central_credential *credential,
                                      int64_t now_ms);
/* Is it what OCPP 2.0.1 A00.FR.408 calls InvalidChargingStationCertificate? */
bool vs_central_refusal_is_certificate(enum vs_central_refusal refusal);
