/* SPDX-License-Identifier: Apache-2.0 */
/* What a station had open when it was at another node: read again from the store when it comes. */
#pragma once

#include "central/reactor.h"

/* With one node, and before OCPP 2.1, there is nothing to do. Else its connection is not read until
 * its event streams are known again; when they cannot be had, it is asked for them (v21_stream.c).
 */
void vs_central_recall_streams(struct vs_central_reactor *reactor,
                               struct vs_central_session *session, struct vs_conn *conn);
