import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeOpus, loadOpus } from '@rm/codecs';
import { AdaptiveDelayPolicy, millis, PlayoutAlignment } from '@rm/rtp-sync';
import { Link } from '../src/connection/link.js';
import { loadBackend, systemClock } from '../src/index.js';
import { type PeerConnectionStates, PeerConnection } from '../src/session/peer-connection.js';

/** Takes every datagram and answers none. */
const silent = createSocket('udp4');
let asked = 0;

beforeAll(async () => {
  silent.bind(0, '127.0.0.1');
  silent.on('message', () => asked++);
  await once(silent, 'listening');
});

afterAll(() => {
  silent.close();
});

const withoutCandidates = (sdp: string): string =>
  sdp.replaceAll(/^a=(candidate|end-of-candidates).*\r\n/gm, '');

// Continuous integration has the optional package; elsewhere its test is skipped, and is seen to be.
const native = await loadBackend('libdatachannel').catch((error: unknown) => {
  if (process.env['CI'] !== undefined) throw error;
  return undefined;
});
const werift = await loadBackend('werift');

describe.each([
  ['werift', werift],
  ['libdatachannel', native],
] as const)('over %s', (_, backend) => {
  if (backend === undefined) return test.todo('is tested where it is installed');
  test('a peer whose candidates lead nowhere is given up at the connect timeout', async () => {
    const states: PeerConnectionStates[] = [];
    const ignored = (): undefined => undefined;
    /** Answers, and is gone. */
    const answer = async (offer: string): Promise<string> => {
      const there = new PeerConnection(
        {
          backend,
          iceServers: [],
          codecs: () => [describeOpus()],
          cname: 'there',
          random: Math.random,
        },
        {
          negotiationNeeded: ignored,
          iceCandidate: ignored,
          stateChange: ignored,
          negotiated: ignored,
          rtp: ignored,
          rtcp: ignored,
          dataChannel: ignored,
        },
      );
      await there.setRemoteDescription({ type: 'offer', sdp: withoutCandidates(offer) });
      const { sdp } = await there.setLocalDescription();
      await there.close();
      const { port } = silent.address();
      return withoutCandidates(sdp).replace(
        /^a=ice-ufrag/m,
        `a=candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host\r\na=ice-ufrag`,
      );
    };
    asked = 0;
    const begun = systemClock.now();
    const ended = new Promise<{ reason: string; detail: string; after: number }>((resolve) => {
      void (async () => {
        const link: Link = new Link({
          initiator: true,
          polite: false,
          peerId: 'there',
          cname: 'here',
          backend,
          opus: await loadOpus(),
          videoCodecs: undefined,
          videoFormats: [],
          encodedVideo: ignored,
          iceServers: [],
          policy: new AdaptiveDelayPolicy(),
          alignment: new PlayoutAlignment(),
          clock: systemClock,
          random: Math.random,
          connectTimeout: millis(1500),
          signaling: {
            offer: answer,
            sendCandidate: ignored,
            sendStates: (each) => states.push(each),
            probe: () => Promise.resolve(),
          },
          events: {
            connected: ignored,
            lost: ignored,
            closed: (reason, detail) => {
              const after = systemClock.now() - begun;
              void link.closed.then(() => resolve({ reason, detail, after }));
            },
            message: ignored,
            channelOpened: ignored,
            reported: ignored,
          },
        });
        while (link.state !== 'closed') {
          await turn();
          link.tick(systemClock.now());
        }
      })();
    });
    const { reason, detail, after } = await ended;
    expect({ reason, detail }).toEqual({
      reason: 'timeout',
      detail: 'not connected within 1500 ms (ICE checking)',
    });
    expect(after).toBeGreaterThanOrEqual(1_500_000);
    expect(asked).toBeGreaterThan(1);
    expect(states.map(({ iceConnection }) => iceConnection)).not.toContain('connected');
    expect(
      states.slice(-3).map(({ connection, iceConnection }) => [connection, iceConnection]),
    ).toEqual([
      ['connecting', 'checking'],
      ['failed', 'failed'],
      ['closed', 'closed'],
    ]);
  });
});
