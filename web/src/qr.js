// SPDX-License-Identifier: Apache-2.0
// QR codes (ISO/IEC 18004): bytes, level L, versions 1 to 40. qr(text) is a square of booleans, true is dark.

const EC_L = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30];
const BLOCKS_L = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25];
const LEVEL_L = 1;

/** Modules for data and error correction in a symbol of this version. */
function modulesOf(version) {
  let count = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const marks = Math.floor(version / 7) + 2;
    count -= (25 * marks - 10) * marks - 55;
    if (version >= 7) count -= 36;
  }
  return count;
}

const bytesOf = (version) => Math.floor(modulesOf(version) / 8);
const dataOf = (version) => bytesOf(version) - EC_L[version - 1] * BLOCKS_L[version - 1];

/** In GF(256) with x^8 + x^4 + x^3 + x^2 + 1. */
function times(a, b) {
  let z = 0;
  for (let i = 7; i >= 0; i--) {
    z = (z << 1) ^ ((z >>> 7) * 0x11d);
    z ^= ((b >>> i) & 1) * a;
  }
  return z;
}

function divisorOf(degree) {
  const result = new Array(degree - 1).fill(0).concat(1);
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) result[j] = times(result[j], root) ^ (result[j + 1] ?? 0);
    root = times(root, 2);
  }
  return result;
}

function remainder(data, divisor) {
  const result = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ result.shift();
    result.push(0);
    divisor.forEach((d, i) => { result[i] ^= times(d, factor); });
  }
  return result;
}

function codewords(bytes, version) {
  const bits = [];
  const put = (value, count) => { for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1); };
  put(4, 4); // bytes
  put(bytes.length, version < 10 ? 8 : 16);
  bytes.forEach((b) => put(b, 8));
  const room = dataOf(version) * 8;
  put(0, Math.min(4, room - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) put(pad, 8);
  const data = [];
  for (let i = 0; i < bits.length; i += 8) data.push(bits.slice(i, i + 8).reduce((sum, b) => (sum << 1) | b, 0));
  return data;
}

/** The blocks with their error correction, woven into each other. */
function weave(data, version) {
  const count = BLOCKS_L[version - 1];
  const ec = EC_L[version - 1];
  const all = bytesOf(version);
  const short = Math.floor(all / count) - ec;
  const shorts = count - (all % count);
  const divisor = divisorOf(ec);
  const blocks = [];
  for (let i = 0, at = 0; i < count; i++) {
    const own = data.slice(at, at + short + (i < shorts ? 0 : 1));
    at += own.length;
    blocks.push({ own, check: remainder(own, divisor) });
  }
  const result = [];
  for (let i = 0; i <= short; i++) blocks.forEach(({ own }) => { if (i < own.length) result.push(own[i]); });
  for (let i = 0; i < ec; i++) blocks.forEach(({ check }) => result.push(check[i]));
  return result;
}

function placesOf(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const result = [6];
  for (let at = version * 4 + 10; result.length < count; at -= step) result.splice(1, 0, at);
  return result;
}

class Symbol {
  constructor(version) {
    this.version = version;
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.patterns();
  }

  set(x, y, isDark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y][x] = isDark;
    this.fixed[y][x] = true;
  }

  square(x, y, reach, rings) {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) this.set(x + dx, y + dy, rings.includes(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  }

  patterns() {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.square(x, y, 4, [0, 1, 3]);
    const places = placesOf(this.version);
    const last = places.length - 1;
    places.forEach((x, i) => places.forEach((y, j) => {
      if (!((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0))) this.square(x, y, 2, [0, 2]);
    }));
    this.format(0);
    if (this.version < 7) return;
    let rest = this.version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
      this.set(a, b, Boolean((bits >>> i) & 1));
      this.set(b, a, Boolean((bits >>> i) & 1));
    }
  }

  format(mask) {
    const data = (LEVEL_L << 3) | mask;
    let rest = data;
    for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (i) => Boolean((bits >>> i) & 1);
    const { size } = this;
    for (let i = 0; i <= 5; i++) this.set(8, i, bit(i));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.set(8, size - 15 + i, bit(i));
    this.set(8, size - 8, true);
  }

  fill(words) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++) {
        const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
        for (const x of [right, right - 1]) {
          if (this.fixed[y][x]) continue;
          this.dark[y][x] = i < words.length * 8 && Boolean((words[i >>> 3] >>> (7 - (i & 7))) & 1);
          i++;
        }
      }
    }
  }

  /** Mask 0: any mask is a good symbol; the best one only matters to poor cameras. */
  mask() {
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) if (!this.fixed[y][x] && (x + y) % 2 === 0) this.dark[y][x] = !this.dark[y][x];
    }
  }
}

export function qr(text) {
  const bytes = [...new TextEncoder().encode(text)];
  const version = EC_L.findIndex((_, i) => dataOf(i + 1) * 8 >= bytes.length * 8 + 4 + (i + 1 < 10 ? 8 : 16)) + 1;
  if (version === 0) throw new RangeError('too long for a QR code');
  const symbol = new Symbol(version);
  symbol.fill(weave(codewords(bytes, version), version));
  symbol.mask();
  return symbol.dark;
}
