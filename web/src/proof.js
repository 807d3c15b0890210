// SPDX-License-Identifier: Apache-2.0
// Is this entry in the audit log? Counted again in this browser: RFC 9162 2.1.3.2 from the entry up to the root that the
// signed checkpoint names (C2SP tlog-proof, tlog-checkpoint, signed-note).

const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const encoder = new TextEncoder();

async function sha256(...parts) {
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  parts.reduce((at, p) => {
    all.set(p, at);
    return at + p.length;
  }, 0);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', all));
}

const isSame = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

/** {entry, index, hashes, note, origin, size, root} */
export function parse(proof) {
  const [head, ...more] = proof.split('\n\n');
  const note = more.join('\n\n');
  const lines = head.split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('this is not a proof');
  const extra = lines[0].startsWith('extra ') ? bytesOf(lines.shift().slice(6)) : new Uint8Array();
  const index = Number(lines.shift().replace(/^index /, ''));
  const [origin, size, root] = note.split('\n');
  return { entry: extra, index, hashes: lines.filter(Boolean).map(bytesOf), note, origin, size: Number(size), root: bytesOf(root) };
}

/** The root that comes out of an entry and its path. */
export async function rootOf({ entry, index, hashes, size }) {
  if (!(index < size)) throw new Error('the entry lies behind the checkpoint');
  let [fn, sn] = [BigInt(index), BigInt(size) - 1n];
  let hash = await sha256(new Uint8Array([0]), entry);
  for (const other of hashes) {
    if (sn === 0n) throw new Error('the path is too long');
    if (fn % 2n === 1n || fn === sn) {
      hash = await sha256(new Uint8Array([1]), other, hash);
      while (fn % 2n === 0n && fn !== 0n) {
        fn /= 2n;
        sn /= 2n;
      }
    } else hash = await sha256(new Uint8Array([1]), hash, other);
    fn /= 2n;
    sn /= 2n;
  }
  if (sn !== 0n) throw new Error('the path is too short');
  return hash;
}

/** Did this key sign the checkpoint? */
export async function isSigned(note, vkey) {
  const match = vkey.match(/^(.+?)\+([0-9a-f]{8})\+(.+)$/);
  if (!match) throw new Error('the key cannot be read');
  const [, name, id, key] = match;
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  const line = note.split('\n').find((l) => l.startsWith(`— ${name} `));
  if (!line) return false;
  const signature = bytesOf(line.split(' ').at(-1));
  const own = [...signature.slice(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join('');
  if (own !== id) return false;
  const pub = await crypto.subtle.importKey('raw', bytesOf(key).slice(1), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', pub, signature.slice(4), encoder.encode(text));
}

/** [[what was checked, did it hold], ...] */
export async function check({ proof, vkey, entry }) {
  const parsed = parse(proof);
  const shown = JSON.parse(new TextDecoder().decode(parsed.entry));
  return [['The proof is of the entry shown above', JSON.stringify(shown) === JSON.stringify(entry)],
    [`Its ${parsed.hashes.length} hashes lead from entry ${parsed.index} to the root of ${parsed.size} entries`, isSame(await rootOf(parsed), parsed.root)],
    ['The checkpoint with this root is signed by the key of the log', await isSigned(parsed.note, vkey)]];
}
