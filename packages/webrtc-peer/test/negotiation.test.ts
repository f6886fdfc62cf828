import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IceCandidate } from '../src/session/peer-connection.js';
import {
  Negotiation,
  type NegotiationInput,
  type NegotiationOutput,
} from '../src/negotiation/negotiation.js';
import { sessionIdOf } from '../src/negotiation/session-id.js';

const candidate = (n: number): IceCandidate => ({
  candidate: `candidate:${n}`,
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: null,
});

const offer = { kind: 'local-set', description: { type: 'offer', sdp: 'local offer' } } as const;
const answer = { kind: 'local-set', description: { type: 'answer', sdp: 'local answer' } } as const;

/** Feeds inputs and returns the outputs of the last. */
function after(n: Negotiation, ...inputs: NegotiationInput[]): readonly NegotiationOutput[] {
  let outputs: readonly NegotiationOutput[] = [];
  for (const input of inputs) outputs = n.handle(input);
  return outputs;
}

test('an offer is made, sent and answered', () => {
  const n = new Negotiation({ polite: false });
  expect(after(n, { kind: 'needed' })).toEqual([{ kind: 'set-local' }]);
  expect(after(n, offer)).toEqual([{ kind: 'send-offer', sdp: 'local offer' }]);
  expect(after(n, { kind: 'answer-received', sdp: 'remote answer' })).toEqual([
    { kind: 'set-remote', description: { type: 'answer', sdp: 'remote answer' } },
  ]);
  expect(after(n, { kind: 'remote-set' })).toEqual([]);
  expect(n.stable).toBe(true);
});

test('a remote offer is answered to the one who asked', () => {
  const n = new Negotiation({ polite: false });
  expect(after(n, { kind: 'offer-received', token: 7, sdp: 'remote offer' })).toEqual([
    { kind: 'set-remote', description: { type: 'offer', sdp: 'remote offer' } },
  ]);
  expect(after(n, { kind: 'remote-set' })).toEqual([{ kind: 'set-local' }]);
  expect(after(n, answer)).toEqual([{ kind: 'send-answer', token: 7, sdp: 'local answer' }]);
});

test('candidates wait for the description they belong to, and keep their order', () => {
  const n = new Negotiation({ polite: true });
  expect(after(n, { kind: 'candidate-received', candidate: candidate(1) })).toEqual([]);
  n.handle({ kind: 'offer-received', token: 1, sdp: 'x' });
  expect(after(n, { kind: 'candidate-received', candidate: candidate(2) })).toEqual([]);
  expect(after(n, { kind: 'remote-set' })).toEqual([
    { kind: 'add-candidate', candidate: candidate(1) },
    { kind: 'add-candidate', candidate: candidate(2) },
    { kind: 'set-local' },
  ]);
  expect(after(n, { kind: 'candidate-received', candidate: candidate(3) })).toEqual([
    { kind: 'add-candidate', candidate: candidate(3) },
  ]);
});

test('early candidates are bounded and counted', () => {
  const n = new Negotiation({ polite: true });
  for (let i = 0; i < 200; i++) n.handle({ kind: 'candidate-received', candidate: candidate(i) });
  expect(n.droppedCandidates).toBe(72);
  n.handle({ kind: 'offer-received', token: 1, sdp: 'x' });
  expect(after(n, { kind: 'remote-set' })).toHaveLength(129);
});

test('with glare the impolite side refuses and goes on with its own offer', () => {
  const n = new Negotiation({ polite: false });
  n.handle({ kind: 'needed' });
  for (const step of [undefined, offer]) {
    if (step !== undefined) n.handle(step);
    expect(after(n, { kind: 'offer-received', token: 3, sdp: 'x' })).toMatchObject([
      { kind: 'refuse-offer', token: 3, cause: 'glare' },
    ]);
  }
  expect(after(n, { kind: 'answer-received', sdp: 'y' })).toMatchObject([{ kind: 'set-remote' }]);
});

test('with glare the polite side takes its offer back and answers', () => {
  const n = new Negotiation({ polite: true });
  n.handle({ kind: 'needed' });
  n.handle(offer);
  expect(after(n, { kind: 'offer-received', token: 3, sdp: 'x' })).toEqual([
    { kind: 'set-remote', description: { type: 'offer', sdp: 'x' } },
  ]);
  expect(after(n, { kind: 'offer-refused', cause: 'glare', reason: 'glare' })).toEqual([]);
  expect(after(n, { kind: 'answer-received', sdp: 'stale' })).toEqual([]);
  expect(after(n, { kind: 'remote-set' })).toEqual([{ kind: 'set-local' }]);
});

test('an offer that was not sent yet is never sent when the other side was first', () => {
  const n = new Negotiation({ polite: true });
  n.handle({ kind: 'needed' });
  expect(after(n, { kind: 'offer-received', token: 3, sdp: 'x' })).toEqual([]);
  expect(after(n, offer)).toEqual([
    { kind: 'set-remote', description: { type: 'offer', sdp: 'x' } },
  ]);
});

test('only the newest of several waiting offers is answered', () => {
  const n = new Negotiation({ polite: true });
  n.handle({ kind: 'offer-received', token: 1, sdp: 'one' });
  n.handle({ kind: 'offer-received', token: 2, sdp: 'two' });
  expect(after(n, { kind: 'offer-received', token: 3, sdp: 'three' })).toMatchObject([
    { kind: 'refuse-offer', token: 2, cause: 'superseded' },
  ]);
  n.handle({ kind: 'remote-set' });
  expect(after(n, answer)).toMatchObject([
    { kind: 'send-answer', token: 1 },
    { kind: 'set-remote', description: { sdp: 'three' } },
  ]);
});

test('a change during a negotiation is negotiated after it', () => {
  const n = new Negotiation({ polite: false });
  after(n, { kind: 'needed' }, offer, { kind: 'needed' });
  n.handle({ kind: 'answer-received', sdp: 'x' });
  expect(after(n, { kind: 'remote-set' })).toEqual([{ kind: 'set-local' }]);
});

test('a bad remote offer is refused and leaves this side usable; own failures give up', () => {
  const n = new Negotiation({ polite: false });
  n.handle({ kind: 'offer-received', token: 1, sdp: 'garbage' });
  expect(after(n, { kind: 'failed', reason: 'no m-lines' })).toEqual([
    { kind: 'refuse-offer', token: 1, cause: 'invalid', reason: 'no m-lines' },
  ]);
  expect(n.stable).toBe(true);
  n.handle({ kind: 'needed' });
  expect(after(n, { kind: 'failed', reason: 'boom' })).toEqual([
    { kind: 'give-up', reason: 'boom' },
  ]);
});

test('an offer that nobody answers is made again to who answered before, and to nobody else', () => {
  const unanswered = { kind: 'offer-refused', cause: 'unanswered', reason: 'no answer' } as const;
  const n = new Negotiation({ polite: true });
  n.handle({ kind: 'needed' });
  n.handle(offer);
  expect(after(n, unanswered)).toMatchObject([{ kind: 'give-up' }]);
  const known = new Negotiation({ polite: true });
  known.handle({ kind: 'offer-received', token: 1, sdp: 'remote offer' });
  known.handle({ kind: 'remote-set' });
  known.handle(answer);
  known.handle({ kind: 'needed' });
  known.handle(offer);
  expect(after(known, unanswered)).toEqual([{ kind: 'set-local' }]);
  expect(after(known, offer)).toEqual([{ kind: 'send-offer', sdp: 'local offer' }]);
});

test('a refusal that is not glare gives up', () => {
  const n = new Negotiation({ polite: true });
  after(n, { kind: 'needed' }, offer);
  expect(after(n, { kind: 'offer-refused', cause: 'refused', reason: 'no' })).toMatchObject([
    { kind: 'give-up' },
  ]);
});

/** Both ends, joined by in-order signaling whose messages are delivered in any interleaving. */
test('both sides always end stable, with one offer answered, in any order of events', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.nat(1000)), fc.nat(2), (choices, mode) => {
      const sides = [
        new Negotiation({ polite: true }),
        new Negotiation({ polite: false }),
      ] as const;
      const queues: (() => void)[][] = [[], []]; // to each side, in order
      const steps: ((() => void) | undefined)[] = [undefined, undefined]; // transport step under way
      let answered = 0;
      let gaveUp = 0;
      let tokens = 0;
      const run = (side: 0 | 1, input: NegotiationInput): void => {
        for (const output of sides[side].handle(input)) {
          const other = (1 - side) as 0 | 1;
          switch (output.kind) {
            case 'set-local':
              steps[side] = () =>
                run(side, {
                  kind: 'local-set',
                  description: { type: 'offer', sdp: `${tokens++}` },
                });
              break;
            case 'set-remote':
              steps[side] = () => run(side, { kind: 'remote-set' });
              break;
            case 'send-offer':
              queues[other]!.push(() =>
                run(other, { kind: 'offer-received', token: 1, sdp: output.sdp }),
              );
              break;
            case 'send-answer':
              answered++;
              queues[other]!.push(() => run(other, { kind: 'answer-received', sdp: output.sdp }));
              break;
            case 'refuse-offer':
              queues[other]!.push(() =>
                run(other, { kind: 'offer-refused', cause: 'glare', reason: '' }),
              );
              break;
            case 'give-up':
              gaveUp++;
              break;
            case 'add-candidate':
          }
        }
      };
      const pending: (() => void)[] = [];
      if (mode !== 1) pending.push(() => run(0, { kind: 'needed' }));
      if (mode !== 0) pending.push(() => run(1, { kind: 'needed' }));
      for (const choice of choices) {
        const ready: (() => void)[] = [];
        if (pending.length > 0) ready.push(() => pending.shift()!());
        for (const side of [0, 1] as const) {
          if (queues[side]!.length > 0) ready.push(() => queues[side]!.shift()!());
          const step = steps[side];
          if (step !== undefined)
            ready.push(() => {
              steps[side] = undefined;
              step();
            });
        }
        if (ready.length === 0) break;
        ready[choice % ready.length]!();
      }
      expect({ gaveUp, stable: sides.map((s) => s.stable) }).toEqual({
        gaveUp: 0,
        stable: [true, true],
      });
      expect(answered).toBeGreaterThanOrEqual(1);
    }),
  );
});

test('the session id of an SDP is read from its origin line', () => {
  expect(sessionIdOf('v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\n')).toBe(
    '4611731400430051336',
  );
  expect(sessionIdOf('hello')).toBeUndefined();
});
