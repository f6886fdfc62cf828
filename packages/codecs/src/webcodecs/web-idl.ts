/** Gives an integer back as WebIDL's `[EnforceRange]` does, without its fraction. Throws `TypeError` out of range. */
export function integer(
  name: string,
  value: unknown,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const number = typeof value === 'number' ? Math.trunc(value) : Number.NaN;
  if (number >= min && number <= max) return number === 0 ? 0 : number;
  throw new TypeError(`${name} is ${String(value)}; give a number from ${min} to ${max}`);
}

/** The same for what may be left out. */
export const optionalInteger = (
  name: string,
  value: unknown,
  min: number,
  max?: number,
): number | undefined => (value === undefined ? undefined : integer(name, value, min, max));

/** A timestamp in microseconds, which may be negative. */
export const timestampOf = (value: unknown): number =>
  integer('timestamp', value, Number.MIN_SAFE_INTEGER);

/** Gives a value of an enumeration back; `fallback`, where there is one, if it is left out. Throws `TypeError` for any other. */
export function oneOf<Value extends string>(
  name: string,
  value: Value | undefined,
  values: readonly Value[],
  fallback?: Value,
): Value {
  const given = value ?? fallback;
  if (given !== undefined && values.includes(given)) return given;
  throw new TypeError(`${name} is '${String(value)}'; give one of ${values.join(', ')}`);
}

/** Gives a codec string back. Throws `TypeError` for none. */
export function codecString(value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new TypeError(`codec is '${String(value)}'; give a codec string, as vp09.00.10.08 or opus`);
}

type Present<Members> = {
  [Name in keyof Members as undefined extends Members[Name] ? never : Name]: Members[Name];
} & {
  [Name in keyof Members as undefined extends Members[Name] ? Name : never]?: Exclude<
    Members[Name],
    undefined
  >;
};

/** The same members without those that are undefined, as a dictionary leaves them out. */
export const present = <Members extends object>(members: Members): Present<Members> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Present<Members>;

/** The exception of WebCodecs for what cannot be done here. */
export const notSupported = (message: string): DOMException =>
  new DOMException(message, 'NotSupportedError');
