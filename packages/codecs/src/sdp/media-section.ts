import type { CodecDescription, FormatParameters } from './codec-description.js';

/** What a media section says of codecs. */
export interface MediaSection {
  /** Media type of the `m=` line, such as `audio` or `video`. */
  readonly kind: string;
  /** In the order of the `m=` line, the one preferred first; formats without `a=rtpmap` are left out. */
  readonly codecs: readonly CodecDescription[];
  /** Milliseconds of media in a packet, as preferred and at most, where it says so (RFC 8866 §6.4, §6.5). */
  readonly ptime: number | undefined;
  readonly maxptime: number | undefined;
}

/** Outcome of {@link parseMediaSection}. */
export type MediaSectionResult =
  | { readonly ok: true; readonly value: MediaSection }
  | { readonly ok: false; readonly reason: 'too-long' | 'no-media-line' };

const MAX_CHARACTERS = 65_536;
/** Of one payload type; what goes beyond is not read. */
const MAX_PARAMETERS = 64;
const MAX_FEEDBACK = 32;
const ALL = '*';

interface Format {
  rtpmap?: Pick<CodecDescription, 'name' | 'clockRate' | 'channels'>;
  parameters?: FormatParameters;
  readonly feedback: string[];
}

/**
 * Reads what the first media section in `text` says of its codecs; lines before it, and those of later
 * sections, are passed over, as are lines that make no sense. Never throws. `text` is limited to 65536
 * characters, a payload type to 64 parameters and 32 kinds of feedback.
 */
export function parseMediaSection(text: string): MediaSectionResult {
  if (text.length > MAX_CHARACTERS) return { ok: false, reason: 'too-long' };
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => line.startsWith('m='));
  const media = lines[start];
  if (media === undefined) return { ok: false, reason: 'no-media-line' };
  const [kind = '', , , ...types] = media.slice(2).trim().split(/ +/);
  const formats = new Map<string, Format>();
  for (const type of types) {
    if (/^\d{1,3}$/.test(type) && Number(type) <= 127) formats.set(type, { feedback: [] });
  }
  let ptime: number | undefined;
  let maxptime: number | undefined;
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('m=')) break;
    const [, attribute, value = ''] = /^a=([a-z-]+):(.*)$/.exec(line.trimEnd()) ?? [];
    if (attribute === 'ptime') ptime = milliseconds(value);
    else if (attribute === 'maxptime') maxptime = milliseconds(value);
    else readFormat(formats, attribute, value);
  }
  const codecs = [...formats].flatMap(([type, { rtpmap, parameters = {}, feedback }]) =>
    rtpmap ? [{ payloadType: Number(type), ...rtpmap, parameters, feedback }] : [],
  );
  return { ok: true, value: { kind, codecs, ptime, maxptime } };
}

const milliseconds = (value: string): number | undefined =>
  /^\d{1,4}(\.\d+)?$/.test(value) && Number(value) > 0 ? Number(value) : undefined;

function readFormat(
  formats: ReadonlyMap<string, Format>,
  attribute: string | undefined,
  value: string,
): void {
  const [, type = '', rest = ''] = /^(\d+|\*) +(.*)$/.exec(value) ?? [];
  if (attribute === 'rtcp-fb' && rest !== '') {
    const targets = type === ALL ? formats.values() : [formats.get(type)];
    for (const target of targets) {
      if (target && target.feedback.length < MAX_FEEDBACK && !target.feedback.includes(rest)) {
        target.feedback.push(rest);
      }
    }
    return;
  }
  const format = formats.get(type);
  if (!format) return;
  if (attribute === 'rtpmap') {
    const [, name = '', clockRate, channels = '1'] =
      /^([^/ ]+)\/(\d{1,9})(?:\/(\d{1,3}))?$/.exec(rest) ?? [];
    if (clockRate !== undefined) {
      format.rtpmap ??= { name, clockRate: Number(clockRate), channels: Number(channels) };
    }
  } else if (attribute === 'fmtp') {
    format.parameters ??= parseParameters(rest);
  }
}

function parseParameters(text: string): FormatParameters {
  const entries: [string, string][] = [];
  for (const parameter of text.split(';', MAX_PARAMETERS)) {
    const [, name = '', value = ''] = /^\s*([^=\s]+)\s*(?:=\s*(.*?)\s*)?$/.exec(parameter) ?? [];
    if (name !== '') entries.push([name.toLowerCase(), value]);
  }
  return Object.fromEntries(entries);
}

/** The `a=` lines that describe codecs in a media section, without line ends. */
export function codecAttributes(codecs: readonly CodecDescription[]): readonly string[] {
  return codecs.flatMap(({ payloadType, name, clockRate, channels, parameters, feedback }) => {
    const list = Object.entries(parameters).map(([key, value]) =>
      value === '' ? key : `${key}=${value}`,
    );
    return [
      `a=rtpmap:${payloadType} ${name}/${clockRate}${channels === 1 ? '' : `/${channels}`}`,
      ...feedback.map((kind) => `a=rtcp-fb:${payloadType} ${kind}`),
      ...(list.length > 0 ? [`a=fmtp:${payloadType} ${list.join(';')}`] : []),
    ];
  });
}
