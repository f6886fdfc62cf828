import {
  acceptAnswer,
  answerCodecs,
  type CodecDescription,
  type MediaSection,
  type NegotiatedCodec,
} from '@rm/codecs';

/** A codec that both sides have, with its retransmission format (RFC 4588) where both have that too. */
export interface NegotiatedFormat extends NegotiatedCodec {
  readonly rtx:
    | {
        /** Payload types: this side's, which is received, and the other side's, which is sent. */
        readonly local: number;
        readonly payloadType: number;
      }
    | undefined;
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

/**
 * The payload types of one session, in which a number stands for one format only, whichever section it is used in
 * (RFC 8843 §10.1.2). Numbers that the other side has given are kept in the offers of this side.
 */
export class Formats {
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<number>();

  /** What is offered: `ours` with payload types, each followed by its retransmission format if it is repaired by NACK. */
  offer(ours: readonly CodecDescription[]): readonly CodecDescription[] {
    return ours.flatMap((codec) => {
      const payloadType = this.#numberOf(formatKey(codec), codec.payloadType);
      const offered = { ...codec, payloadType };
      if (codec.clockRate !== 90_000 || !codec.feedback.includes('nack')) return [offered];
      const rtx = this.#numberOf(rtxKey(codec), payloadType + 1);
      return [offered, rtxDescription(rtx, payloadType)];
    });
  }

  /** What of an offer is taken, in this side's order of preference. */
  answer(ours: readonly CodecDescription[], offer: MediaSection): readonly NegotiatedFormat[] {
    for (const { payloadType } of offer.codecs) this.#taken.add(payloadType);
    return answerCodecs(ours, offer).map((negotiated) => {
      const { payloadType } = negotiated;
      const own = ours.find(
        ({ name, clockRate }) =>
          name === negotiated.local.name && clockRate === negotiated.local.clockRate,
      );
      const rtx = offer.codecs.find((codec) => aptOf(codec) === payloadType)?.payloadType;
      if (own) {
        this.#numbers.set(formatKey(own), payloadType);
        if (rtx !== undefined) this.#numbers.set(rtxKey(own), rtx);
      }
      return {
        ...negotiated,
        rtx: rtx === undefined ? undefined : { local: rtx, payloadType: rtx },
      };
    });
  }

  /** What was agreed on by an answer to `offered`. */
  accept(
    offered: readonly CodecDescription[],
    answer: MediaSection,
  ): readonly NegotiatedFormat[] {
    const media = offered.filter((codec) => aptOf(codec) === undefined);
    return acceptAnswer(media, answer).map((negotiated) => {
      const { local, payloadType } = negotiated;
      const ours = offered.find((codec) => aptOf(codec) === local.payloadType)?.payloadType;
      const theirs = answer.codecs.find((codec) => aptOf(codec) === payloadType)?.payloadType;
      const both = ours !== undefined && theirs !== undefined;
      return { ...negotiated, rtx: both ? { local: ours, payloadType: theirs } : undefined };
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

const rtxDescription = (payloadType: number, apt: number): CodecDescription => ({
  payloadType,
  name: 'rtx',
  clockRate: 90_000,
  channels: 1,
  parameters: { apt: String(apt) },
  feedback: [],
});

/** The lines of an answer for what was taken: each codec, followed by its retransmission format. */
export const describeFormats = (formats: readonly NegotiatedFormat[]): readonly CodecDescription[] =>
  formats.flatMap(({ local, rtx }) =>
    rtx === undefined ? [local] : [local, rtxDescription(rtx.local, local.payloadType)],
  );
