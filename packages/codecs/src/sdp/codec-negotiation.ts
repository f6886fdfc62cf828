import { isCodec, type CodecDescription } from './codec-description.js';
import type { MediaSection } from './media-section.js';
import { opusSendParameters, type OpusSendParameters } from './opus-format.js';
import { agreeOnVideo, type VideoSendParameters } from './video-parameters.js';

/** A codec that both sides have. */
export interface NegotiatedCodec {
  /** This side's description: what stands in its answer, or stood in its offer. Its payload type is received. */
  readonly local: CodecDescription;
  /** Payload type to send with: the other side's. */
  readonly payloadType: number;
  /** RTCP feedback that both sides know. */
  readonly feedback: readonly string[];
  /** What may be encoded. */
  readonly send: OpusSendParameters | VideoSendParameters;
}

/**
 * The codecs of an answer to `offer`, out of those that this side has, in this side's order of preference
 * (RFC 3264 §6.1). Payload types are those of the offer. Empty if nothing fits: then the media is refused.
 */
export function answerCodecs(
  ours: readonly CodecDescription[],
  offer: MediaSection,
): readonly NegotiatedCodec[] {
  return ours.flatMap((local) => {
    for (const remote of offer.codecs) {
      const agreement = agree(local, remote, offer);
      if (!agreement) continue;
      const feedback = common(local, remote);
      const { payloadType } = remote;
      const answer = { ...local, payloadType, parameters: agreement.answer, feedback };
      return [{ local: answer, payloadType, feedback, send: agreement.send }];
    }
    return [];
  });
}

/**
 * What an answer makes of the codecs that were offered, in the answer's order of preference: the first is
 * to be sent (RFC 3264 §7). What answers nothing that was offered is left out.
 */
export function acceptAnswer(
  offered: readonly CodecDescription[],
  answer: MediaSection,
): readonly NegotiatedCodec[] {
  const open = new Set(offered);
  return answer.codecs.flatMap((remote) => {
    const candidates = [...open].sort(
      (a, b) => Number(isSameType(b, remote)) - Number(isSameType(a, remote)),
    );
    for (const local of candidates) {
      const agreement = agree(local, remote, answer);
      if (!agreement) continue;
      open.delete(local);
      const { payloadType } = remote;
      return [{ local, payloadType, feedback: common(local, remote), send: agreement.send }];
    }
    return [];
  });
}

const isSameType = (a: CodecDescription, b: CodecDescription): boolean =>
  a.payloadType === b.payloadType;

const common = (a: CodecDescription, b: CodecDescription): readonly string[] =>
  a.feedback.filter((kind) => b.feedback.includes(kind));

function agree(
  local: CodecDescription,
  remote: CodecDescription,
  section: MediaSection,
):
  | (Pick<NegotiatedCodec, 'send'> & { readonly answer: CodecDescription['parameters'] })
  | undefined {
  if (!isCodec(remote, local.name) || remote.clockRate !== local.clockRate) return undefined;
  if (!isCodec(local, 'opus')) return agreeOnVideo(local, remote);
  if (remote.channels !== local.channels) return undefined;
  // Everything that Opus' parameters say is of one direction (RFC 7587 §7.1).
  return { send: opusSendParameters(remote, section), answer: local.parameters };
}
