/** What the benchmark reads of a message. */
export interface Wire {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: {
    readonly peers?: readonly { readonly peer_id: string }[];
    readonly resume_token?: string;
    readonly resumed?: boolean;
  };
  /** Number of the message among those to a peer that can resume. */
  readonly seq?: number;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A description as long as one of audio, video and data is: 2 KB. */
const SDP = `v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n${'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n'.repeat(30)}`;

const CANDIDATE =
  'candidate:842163049 1 udp 1677729535 203.0.113.7 50123 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag k3Fz network-cost 999';

const text = (message: object): string => JSON.stringify({ jsonrpc: '2.0', ...message });

/** What a peer needs to take its place again after it lost its connection. */
export interface Place {
  readonly token: string;
  /** Number of the last message it received there. */
  readonly lastSeq: number;
}

/** Request 1 of a connection; with `resume` for a place that can be taken again, as `place` is. */
export const announceText = (
  peer_id: string,
  room: string,
  resume: boolean,
  place?: Place,
): string =>
  text({
    method: 'peer.announce',
    params: {
      peer_id,
      room,
      capabilities: ['audio'],
      resume,
      resume_token: place?.token,
      last_seq: place?.lastSeq,
    },
    id: 1,
  });

/** An offer of `from` to `to` as request `id`. */
export const offerText = (from: string, to: string, id: number): string =>
  text({ method: 'peer.offer', params: { from, to, ...description(`${from}-${id}`) }, id });

/** The answer to `offer`. */
export const answerText = (offer: Wire): string =>
  text({ result: description(String(offer.params?.['request_id'])), id: offer.id });

/** A candidate of usual size, or one drawn out to `length` characters. */
export const candidateText = (from: string, to: string, length: number = 0): string =>
  text({
    method: 'peer.ice_candidate',
    params: {
      from,
      to,
      candidate: CANDIDATE.padEnd(length, 'x'),
      sdp_m_line_index: 0,
      sdp_mid: '0',
      user_fragment: 'k3Fz',
    },
  });

const description = (request_id: string): object => ({
  sdp: SDP,
  can_trickle_ice_candidates: true,
  request_id,
});
