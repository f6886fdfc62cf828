/** What is needed of the Web Cryptography API, which browsers and Node have as a global. */
interface WebCrypto {
  getRandomValues(bytes: Uint8Array): Uint8Array;
}

/** 128 bits that nobody can guess, in hexadecimal; `undefined` where there is no source of them. */
export function randomToken(): string | undefined {
  const { crypto } = globalThis as { readonly crypto?: WebCrypto };
  const bytes = crypto?.getRandomValues(new Uint8Array(16));
  return bytes && Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
