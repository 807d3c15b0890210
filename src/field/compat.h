/* SPDX-License-Identifier: Apache-2.0 */
/*
 * D1 and D1m: the values of devices that have AES-CBC only, with the device key itself
 * (crypto/cbc.h, crypto/v1m.h). D1 is not authenticated: only inside TLS, with a budget of failures
 * (budget.h), and with one and the same answer for whatever is wrong.
 */
#pragma once

#include "crypto/v1m.h"
#include "field/d2.h"

struct vs_field_compat;

VS_RESULT vs_field_compat_new(const uint8_t key[static VS_FIELD_KEY_SIZE],
                              struct vs_field_compat **compat_out);
void vs_field_compat_free(struct vs_field_compat **compat);

/* All readings of a D1 or D1m message. NOT_AUTHENTIC, whatever is wrong: base64, length, padding,
 * text, MAC. Every value of a D1 message is opened, also behind one that cannot be. */
VS_RESULT vs_field_compat_open(struct vs_field_compat *compat, const char *tenant,
                               const char *device, const struct vs_field_message *message,
                               struct vs_field_values *values);

/* The device's side: the text of one value, appended ... */
VS_RESULT vs_field_compat_seal(struct vs_field_compat *compat, struct vs_bytes text,
                               struct vs_buf *value);
/* ... and of D1m the MAC over all of them. */
VS_RESULT vs_field_compat_mac(struct vs_field_compat *compat, const struct vs_v1m_message *message,
                              uint8_t mac_out[static VS_V1M_MAC_SIZE]);
