// SPDX-License-Identifier: Apache-2.0
// Templates: htm parses them, preact renders them. Whatever is put into them is text, never markup.
import { h } from 'preact';
import htm from 'htm';

export const html = htm.bind(h);
