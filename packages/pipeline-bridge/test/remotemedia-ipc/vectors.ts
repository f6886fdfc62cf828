import { readFileSync } from 'node:fs';

/** The messages of `vectors.json`, each as bytes by its name. */
export const VECTORS: ReadonlyMap<string, Uint8Array> = new Map(
  Object.entries(
    JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as object,
  ).map(([name, hex]) => [name, bytesOf(String(hex))]),
);

/** The message of this name. */
export function vector(name: string): Uint8Array {
  const bytes = VECTORS.get(name);
  if (bytes === undefined) throw new Error(`there is no vector "${name}"`);
  return bytes;
}

/** Hex, in which `(61*9)` is 61 nine times. */
function bytesOf(hex: string): Uint8Array {
  const long = hex.replaceAll(/\((..)\*(\d+)\)/g, (_, byte: string, times: string) =>
    byte.repeat(Number(times)),
  );
  return Uint8Array.from(Buffer.from(long, 'hex'));
}
