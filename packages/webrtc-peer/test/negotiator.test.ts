import { expect, test } from '@jest/globals';
import { ErrorCode, type IncomingOffer } from '@rm/signaling-protocol';
import { Negotiator, type NegotiatorOptions } from '../src/negotiation/negotiator.js';
import type { SessionDescription } from '../src/session/peer-connection.js';

const sdp = (session: string): string => `v=0\r\no=- ${session} 0 IN IP4 127.0.0.1\r\n`;

test.each([true, false])(
  'an offer that comes in the same turn as the answer before it is taken after that answer (polite: %s)',
  async (polite) => {
    const set: string[] = [];
    const refused: number[] = [];
    let answer: (text: string) => void = () => {};
    let offered: () => void = () => {};
    const sent = new Promise<void>((resolve) => {
      offered = resolve;
    });
    const connection: NegotiatorOptions['connection'] = {
      setLocalDescription: async () => ({ type: 'offer', sdp: sdp('1') }),
      setRemoteDescription: async ({ type, sdp: text }: SessionDescription) => {
        set.push(`${type} ${/o=- (\d+)/.exec(text)![1]}`);
      },
      addIceCandidate: async ({ candidate }) => void set.push(candidate),
      checkNegotiationNeeded: () => {},
    };
    const negotiator = new Negotiator({
      initiator: true,
      polite,
      connection,
      sendOffer: () => {
        offered();
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      afterIo: (fn) => void setImmediate(fn),
      giveUp: (reason) => void set.push(`gave up: ${reason}`),
    });
    negotiator.needed();
    await sent;
    // Messages that came in one TCP segment are all given in one turn, while the answer goes through promises.
    answer(sdp('2'));
    negotiator.offerReceived({
      from: 'peer',
      sdp: sdp('3'),
      canTrickle: true,
      answer: () => true,
      reject: (code: number) => refused.push(code) > 0,
    } as unknown as IncomingOffer);
    negotiator.candidateReceived({
      candidate: 'candidate of offer 3',
      sdpMid: '0',
      sdpMLineIndex: 0,
      usernameFragment: null,
    });
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(refused).not.toContain(ErrorCode.NEGOTIATION_IN_PROGRESS);
    expect(set.slice(0, 3)).toEqual(['answer 2', 'offer 3', 'candidate of offer 3']);
  },
);
