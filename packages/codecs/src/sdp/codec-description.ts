/** Format-specific parameters of an `a=fmtp` line by name in lower case; '' for names without a value. */
export type FormatParameters = Readonly<Record<string, string>>;

/** One payload type of a media section: what its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines say (RFC 8866 §6.6, §6.15, RFC 4585 §4.2). */
export interface CodecDescription {
  /** 0 to 127. */
  readonly payloadType: number;
  /** Encoding name; upper and lower case are the same. */
  readonly name: string;
  /** Ticks per second of RTP timestamps. */
  readonly clockRate: number;
  /** Channels of the encoding, 1 where the description says none. Always 2 for Opus, whatever is sent. */
  readonly channels: number;
  readonly parameters: FormatParameters;
  /** RTCP feedback, such as `nack pli`. */
  readonly feedback: readonly string[];
}

/** Whether a description is of the encoding `name`. */
export const isCodec = (codec: CodecDescription, name: string): boolean =>
  codec.name.toLowerCase() === name.toLowerCase();

/** The decimal parameter `name`; undefined where it is left out, no number or out of range. */
export function integerParameter(
  parameters: FormatParameters,
  name: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  const text = parameters[name];
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= range.min && value <= range.max ? value : undefined;
}

/** Whether the parameter `name` is 1; it is 0 where it is left out or anything else. */
export const flagParameter = (parameters: FormatParameters, name: string): boolean =>
  parameters[name] === '1';
