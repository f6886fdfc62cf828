import {
  acceptAnswer,
  answerCodecs,
  type CodecDescription,
  type MediaSection,
  type NegotiatedCodec,
} from '@rm/codecs';

/** Payload types of a format that goes with another: this side's, which is received, and the other side's, which is sent. */
export interface CompanionFormat {
  readonly local: number;
  readonly payloadType: number;
}

/**
 * A codec that both sides have, with its formats for retransmissions (RFC 4588) and for redundancy (RFC 2198) where both
 * have those too.
 */
export interface NegotiatedFormat extends NegotiatedCodec {
  readonly rtx: CompanionFormat | undefined;
  readonly red: CompanionFormat | undefined;
}

const FIRST_DYNAMIC = 96;
const LAST_DYNAMIC = 127;
/** The second range for dynamic payload types (RFC 5761 §4 keeps 64…95 for RTCP). */
const SECOND_RANGE = { first: 35, last: 63 };

/** What a payload type stands for, apart from its number. */
const formatKey = ({ name, clockRate, channels, parameters }: CodecDescription): string => {
  const text = Object.entries(parameters)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(';');
  return `${name}/${clockRate}/${channels};${text}`.toLowerCase();
};

const rtxKey = (codec: CodecDescription): string => `rtx of ${formatKey(codec)}`;

const aptOf = ({ name, parameters }: CodecDescription): number | undefined =>
  name.toLowerCase() === 'rtx' && /^\d{1,3}$/.test(parameters['apt'] ?? '')
    ? Number(parameters['apt'])
    : undefined;

const redKey = (codec: CodecDescription): string => `red of ${formatKey(codec)}`;

/** Where Chromium has it. */
const PREFERRED_RED = 63;

/** Whether redundancy is offered for `codec`: for sound that is repaired by NACK. */
const isRedundant = ({ name, feedback }: CodecDescription): boolean =>
  name.toLowerCase() === 'opus' && feedback.includes('nack');

/** Whether `red` is for what is sent as `codec` alone, in all its blocks (RFC 2198 §5). */
const repeats = (red: CodecDescription, codec: CodecDescription): boolean => {
  if (red.name.toLowerCase() !== 'red' || red.clockRate !== codec.clockRate) return false;
  if (red.channels !== codec.channels) return false;
  const [list = ''] = Object.keys(red.parameters);
  const blocks = list.split('/');
  return blocks.length > 1 && blocks.every((block) => block === String(codec.payloadType));
};

/** Whether `rtx` is for what is sent as `codec`. */
const repairs = (rtx: CodecDescription, codec: CodecDescription): boolean =>
  aptOf(rtx) === codec.payloadType && rtx.clockRate === codec.clockRate;

/** The answer that takes everything. */
const asAnswer = (codecs: readonly CodecDescription[]): MediaSection => ({
  kind: '',
  codecs,
  ptime: undefined,
  maxptime: undefined,
});

/**
 * The payload types of one session, in which a number stands for one format only, whichever section it is used in
 * (RFC 8843 §10.1.2). Numbers that the other side has given are kept in the offers of this side.
 */
export class Formats {
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<number>();

  /**
   * What is offered: `ours` with payload types, each that is repaired by NACK followed by its format for retransmissions, or
   * for redundancy if it is sound.
   */
  offer(ours: readonly CodecDescription[]): readonly CodecDescription[] {
    return ours.flatMap((codec) => {
      const payloadType = this.#numberOf(formatKey(codec), codec.payloadType);
      const offered = { ...codec, payloadType };
      if (isRedundant(codec)) {
        const red = this.#numberOf(redKey(codec), PREFERRED_RED);
        return [offered, redDescription(red, offered)];
      }
      if (codec.clockRate !== 90_000 || !codec.feedback.includes('nack')) return [offered];
      const rtx = this.#numberOf(rtxKey(codec), payloadType + 1);
      return [offered, rtxDescription(rtx, offered)];
    });
  }

  /** What of an offer is taken, in this side's order of preference. */
  answer(ours: readonly CodecDescription[], offer: MediaSection): readonly NegotiatedFormat[] {
    const formats = new Map<number, NegotiatedFormat>();
    const agreed = new Map<string, number>();
    for (const own of ours) {
      const [negotiated] = answerCodecs([own], offer);
      if (negotiated === undefined || formats.has(negotiated.payloadType)) continue;
      const { payloadType } = negotiated;
      const rtx = offer.codecs.find((codec) => repairs(codec, negotiated.local))?.payloadType;
      agreed.set(formatKey(own), payloadType);
      if (rtx !== undefined) agreed.set(rtxKey(own), rtx);
      const red = isRedundant(own)
        ? offer.codecs.find((codec) => repeats(codec, negotiated.local))?.payloadType
        : undefined;
      if (red !== undefined) agreed.set(redKey(own), red);
      formats.set(payloadType, { ...negotiated, rtx: same(rtx), red: same(red) });
    }
    const offered = new Set(offer.codecs.map(({ payloadType }) => payloadType));
    // A number that this side gave, and the other never agreed on, stands for something else now.
    for (const [key, number] of this.#numbers) if (offered.has(number)) this.#numbers.delete(key);
    for (const [key, number] of agreed) this.#numbers.set(key, number);
    for (const number of offered) this.#taken.add(number);
    return [...formats.values()];
  }

  /**
   * What of `offered` the answer left out: there are senders that go by what they prefer, and not by their own answer,
   * and an offerer has to be ready for all that it offered (RFC 3264 §5.1).
   */
  unanswered(
    offered: readonly CodecDescription[],
    agreed: readonly NegotiatedFormat[],
  ): readonly NegotiatedFormat[] {
    if (agreed.length === 0) return [];
    const known = new Set(agreed.map(({ local }) => local.payloadType));
    return this.accept(offered, asAnswer(offered)).filter(
      ({ local }) => !known.has(local.payloadType),
    );
  }

  /** What was agreed on by an answer to `offered`. */
  accept(offered: readonly CodecDescription[], answer: MediaSection): readonly NegotiatedFormat[] {
    const media = offered.filter(
      (codec) => aptOf(codec) === undefined && codec.name.toLowerCase() !== 'red',
    );
    return acceptAnswer(media, answer).map((negotiated) => {
      const { local, payloadType } = negotiated;
      const companion = (goesWith: typeof repairs): CompanionFormat | undefined => {
        const ours = offered.find((codec) => goesWith(codec, local));
        const theirs = answer.codecs.find((codec) => goesWith(codec, { ...local, payloadType }));
        if (ours === undefined || theirs === undefined) return undefined;
        return { local: ours.payloadType, payloadType: theirs.payloadType };
      };
      return { ...negotiated, rtx: companion(repairs), red: companion(repeats) };
    });
  }

  #numberOf(key: string, preferred: number): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#taken.has(preferred) ? this.#free() : preferred;
    this.#numbers.set(key, number);
    this.#taken.add(number);
    return number;
  }

  #free(): number {
    for (let n = FIRST_DYNAMIC; n <= LAST_DYNAMIC; n++) if (!this.#taken.has(n)) return n;
    for (let n = SECOND_RANGE.first; n <= SECOND_RANGE.last; n++) if (!this.#taken.has(n)) return n;
    throw new RangeError('all payload types of the session are taken: offer fewer codecs');
  }
}

/** An answer gives the numbers of the offer (RFC 3264 §6.1). */
const same = (payloadType: number | undefined): CompanionFormat | undefined =>
  payloadType === undefined ? undefined : { local: payloadType, payloadType };

const redDescription = (payloadType: number, codec: CodecDescription): CodecDescription => ({
  payloadType,
  name: 'red',
  clockRate: codec.clockRate,
  channels: codec.channels,
  // As the browsers have it: the list says what may be in it, not how much of it.
  parameters: { [`${codec.payloadType}/${codec.payloadType}`]: '' },
  feedback: [],
});

const rtxDescription = (payloadType: number, codec: CodecDescription): CodecDescription => ({
  payloadType,
  name: 'rtx',
  clockRate: codec.clockRate,
  channels: 1,
  parameters: { apt: String(codec.payloadType) },
  feedback: [],
});

/** The lines of an answer for what was taken: each codec, followed by the formats that go with it. */
export const describeFormats = (
  formats: readonly NegotiatedFormat[],
): readonly CodecDescription[] =>
  formats.flatMap(({ local, rtx, red }) => [
    local,
    ...(rtx === undefined ? [] : [rtxDescription(rtx.local, local)]),
    ...(red === undefined ? [] : [redDescription(red.local, local)]),
  ]);
