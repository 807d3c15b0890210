/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that another node tells, and who watches: what is read can be written and means the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "bus/batch.h"

#define ROWS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vs_core_frame_row rows[ROWS];
static size_t count;

static void
see(const struct vs_core_frame_row *row, void *arg)
{
	(void)arg;
	if (!row->is_far || row->text_size > sizeof(row->text))
		abort();
	if (count < ROWS)
		rows[count] = *row;
	count++;
}

static void
again(const struct vs_bus_batch *batch)
{
	struct vs_buf text, second;
	struct vs_bus_batch back;
	size_t done = 0, first = count < ROWS ? count : ROWS;

	vs_buf_init(&text, 1 << 20);
	vs_buf_init(&second, 1 << 20);
	count = 0;
	if (vs_bus_batch_write(batch, rows, first, &text, &done).code != VS_E_OK || done != first ||
	    vs_bus_batch_read(vs_buf_view(&text), &back, see, NULL).code != VS_E_OK ||
	    count != first ||
	    vs_bus_batch_write(&back, rows, first, &second, &done).code != VS_E_OK ||
	    !vs_bytes_equal(vs_buf_view(&text), vs_buf_view(&second)))
		abort();
	vs_buf_done(&text);
	vs_buf_done(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vs_bytes view = vs_bytes_from(data, size);
	struct vs_bus_interest interest;
	struct vs_bus_batch batch;

	count = 0;
	if (vs_bus_batch_read(view, &batch, see, NULL).code == VS_E_OK)
		again(&batch);
	else if (count != 0)
		abort();
	if (vs_bus_interest_read(view, &interest).code == VS_E_OK &&
	    !vs_bus_node_is_valid(interest.node))
		abort();
	return 0;
}
