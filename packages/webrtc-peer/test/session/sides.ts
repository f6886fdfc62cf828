import { type CodecDescription, describeOpus, describeVideo } from '@rm/codecs';
import type { TransportParameters } from '../../src/backend/transport.js';
import type { MediaKind, SessionContent } from '../../src/session/description.js';
import { parseSdp } from '../../src/session/parse-sdp.js';
import { Transceiver } from '../../src/session/transceiver.js';

/** What this side's transport says in answers. */
export const LOCAL: TransportParameters = {
  usernameFragment: 'ours',
  password: 'a+password+of+22+chars',
  iceLite: false,
  fingerprints: [
    {
      algorithm: 'sha-256',
      value: Array.from({ length: 32 }, (_, i) => (0x40 + i).toString(16).toUpperCase()).join(':'),
    },
  ],
  setup: 'active',
  candidates: ['1 1 udp 2130706431 10.0.0.1 5000 typ host'],
  maxMessageSize: 262_144,
};

export const codecs = (kind: MediaKind): readonly CodecDescription[] =>
  kind === 'audio' ? [describeOpus()] : describeVideo(['VP9', 'VP8', 'H264']);

let lastSsrc = 1000;

/** Media both ways; video with a stream for retransmissions. */
export function transceiver(kind: MediaKind, ssrc: number = (lastSsrc += 2)): Transceiver {
  const rtxSsrc = kind === 'video' ? ssrc + 1 : undefined;
  const init = { streamIds: ['us'], trackId: 'track', ssrc, rtxSsrc };
  return new Transceiver(kind, { ...init, direction: 'sendrecv' }, () => undefined);
}

/** What a description says, which has to be one. */
export function parsed(sdp: string): SessionContent {
  const result = parseSdp(sdp);
  if (!result.ok) throw new Error(`${result.reason}: ${sdp}`);
  return result.value;
}
