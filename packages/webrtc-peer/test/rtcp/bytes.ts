/** Bytes of hexadecimal digits; what is not a digit is left out. */
export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/[^0-9a-f]/gi, ''), 'hex'));

/** Hexadecimal digits of bytes, a space after every word. */
export const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/(.{8})(?=.)/g, '$1 ');
