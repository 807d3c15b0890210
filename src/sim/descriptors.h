/* SPDX-License-Identifier: Apache-2.0 */
/* A descriptor for each connection: as many as this process may have. */
#pragma once

/* The soft limit becomes the hard one; that it cannot is said on stderr. */
void vs_sim_descriptors_raise(void);
