import type { TransportParameters } from '../transport.js';
import type { CheckedParameters } from './parameters.js';

/** The media section that stands for all media, and whose transport all share. */
export const MEDIA_ID = '0';

/**
 * Writes the description that libdatachannel gets of the other side: always the same two sections, whatever media
 * there is. Candidates come after it.
 */
export const writeRemoteDescription = (remote: CheckedParameters): string => {
  const { usernameFragment, password, iceLite, fingerprint, setup, maxMessageSize } = remote;
  const transport = [
    `a=ice-ufrag:${usernameFragment}`,
    `a=ice-pwd:${password}`,
    `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
    `a=setup:${setup}`,
  ];
  return [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${MEDIA_ID} 1`,
    ...(iceLite ? ['a=ice-lite'] : []),
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    `a=mid:${MEDIA_ID}`,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    ...transport,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:1',
    'a=sctp-port:5000',
    `a=max-message-size:${maxMessageSize}`,
    ...transport,
    '',
  ].join('\r\n');
};

/** Reads what libdatachannel's own description says of its transport, besides its DTLS role. */
export const readLocalDescription = (sdp: string): Omit<TransportParameters, 'setup'> => {
  const lines = sdp.split('\r\n');
  const all = (name: string): string[] =>
    lines
      .filter((line) => line.startsWith(`a=${name}:`))
      .map((line) => line.slice(name.length + 3));
  const first = (name: string): string => {
    const [value] = all(name);
    if (value === undefined)
      throw new Error(`libdatachannel's description has no ${name}; report the version in use`);
    return value;
  };
  const [algorithm = '', value = ''] = first('fingerprint').split(' ');
  return {
    usernameFragment: first('ice-ufrag'),
    password: first('ice-pwd'),
    iceLite: false,
    fingerprints: [{ algorithm, value }],
    candidates: all('candidate'),
    maxMessageSize: Number(first('max-message-size')),
  };
};
