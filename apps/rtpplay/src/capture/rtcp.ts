const SOURCE_DESCRIPTION = 202;
const CNAME = 1;
const HEADER = 4;

/** Tells `found` the CNAME of each source described in a compound RTCP packet (RFC 3550 §6.5); the rest is passed over. */
export function readCnames(
  compound: Uint8Array,
  found: (ssrc: number, cname: string) => void,
): void {
  const view = new DataView(compound.buffer, compound.byteOffset, compound.byteLength);
  for (let at = 0; at + HEADER <= compound.length;) {
    const end = at + HEADER + 4 * view.getUint16(at + 2);
    if (compound[at]! >> 6 !== 2 || end > compound.length) return;
    if (compound[at + 1] === SOURCE_DESCRIPTION)
      readChunks(compound.subarray(at + HEADER, end), compound[at]! & 0x1f, found);
    at = end;
  }
}

function readChunks(
  body: Uint8Array,
  count: number,
  found: (ssrc: number, cname: string) => void,
): void {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let at = 0;
  for (let chunk = 0; chunk < count && at + 4 <= body.length; chunk++) {
    const ssrc = view.getUint32(at);
    at += 4;
    while (at + 2 <= body.length && body[at] !== 0) {
      const end = at + 2 + body[at + 1]!;
      if (end > body.length) return;
      if (body[at] === CNAME) found(ssrc, new TextDecoder().decode(body.subarray(at + 2, end)));
      at = end;
    }
    // At least one zero ends the items, up to a multiple of 32 bits.
    at = (Math.floor(at / 4) + 1) * 4;
  }
}
