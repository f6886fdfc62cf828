import { type CodecDescription, describeOpus, describeVideo } from '@rm/codecs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  commonDirection,
  type Direction,
  type MediaKind,
  type SessionContent,
} from '../../src/session/description.js';
import { type LocalMedia, MediaSession } from '../../src/session/media-session.js';
import type { Transceiver } from '../../src/session/transceiver.js';
import { writeSdp } from '../../src/session/write-sdp.js';
import { LOCAL, codecs, parsed, transceiver } from './sides.js';

/** A session, and what it says in words. */
class Side {
  readonly session: MediaSession;

  constructor(own: (kind: MediaKind) => readonly CodecDescription[] = codecs) {
    this.session = new MediaSession({ codecs: own, accept: (kind) => this.add(kind, 'recvonly') });
  }

  add(kind: MediaKind, direction: Direction = 'sendrecv'): Transceiver {
    const added = transceiver(kind);
    added.direction = direction;
    this.session.add(added);
    return added;
  }

  offer(): SessionContent {
    return said(this.session.createOffer());
  }

  answer(offer: SessionContent): SessionContent {
    if (this.session.offerFault(offer) !== undefined) throw new Error('the offer has a fault');
    this.session.takeOffer(offer);
    return said(this.session.createAnswer());
  }

  take(answer: SessionContent): void {
    if (this.session.answerFault(answer) !== undefined) throw new Error('the answer has a fault');
    this.session.takeAnswer(answer);
  }

  get mids(): (string | undefined)[] {
    return this.session.transceivers.map(({ negotiated }) => negotiated?.mid);
  }
}

/** What the other side reads of it. */
const said = ({ media, bundle }: LocalMedia): SessionContent =>
  parsed(writeSdp({ sessionId: '1', version: 1, media, bundle, transport: LOCAL, cname: 'x' }));

function negotiate(from: Side, to: Side): { offer: SessionContent; answer: SessionContent } {
  const offer = from.offer();
  const answer = to.answer(offer);
  from.take(answer);
  return { offer, answer };
}

const MIRRORED = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
} as const;

/** Everything that two sides that have just agreed must agree on. */
function expectAgreement(a: Side, b: Side, { offer, answer }: ReturnType<typeof negotiate>): void {
  expect(answer.media.map(({ mid, kind }) => ({ mid, kind }))).toEqual(
    offer.media.map(({ mid, kind }) => ({ mid, kind })),
  );
  const agreed = ({ session }: Side, mirror: boolean) =>
    session.transceivers
      .flatMap(({ kind, negotiated }) => (negotiated ? [{ kind, ...negotiated }] : []))
      .map(({ kind, mid, direction, formats, extensions }) => ({
        kind,
        mid,
        direction: mirror ? MIRRORED[direction] : direction,
        extensions,
        formats: new Set(
          formats.map(({ local, payloadType, rtx }) =>
            mirror
              ? `${local.name} ${payloadType} ${local.payloadType} ${rtx?.payloadType} ${rtx?.local}`
              : `${local.name} ${local.payloadType} ${payloadType} ${rtx?.local} ${rtx?.payloadType}`,
          ),
        ),
      }))
      .sort((x, y) => (x.mid < y.mid ? -1 : 1));
  expect(agreed(a, false)).toEqual(agreed(b, true));
  for (const content of [offer, answer]) expectUnambiguous(content);
}

/** A number stands for one thing in all sections of a description. */
function expectUnambiguous({ media }: SessionContent): void {
  const formats = new Map<number, string>();
  const extensions = new Map<number, string>();
  for (const { section, extensions: ids, mid } of media) {
    const numbers = section.codecs.map(({ payloadType }) => payloadType);
    expect({ mid, unique: new Set(numbers).size }).toEqual({ mid, unique: numbers.length });
    for (const { payloadType, name, clockRate, parameters } of section.codecs) {
      const format = JSON.stringify([
        name,
        clockRate,
        Object.keys(parameters)
          .sort()
          .map((key) => [key, parameters[key]]),
      ]);
      expect([payloadType, formats.get(payloadType) ?? format]).toEqual([payloadType, format]);
      formats.set(payloadType, format);
    }
    for (const [uri, id] of ids) {
      expect([id, extensions.get(id) ?? uri]).toEqual([id, uri]);
      extensions.set(id, uri);
    }
  }
}

test('two sides that do not know of each other’s sections find them paired by kind, in both directions', () => {
  const [a, b] = [new Side(), new Side()];
  a.add('audio');
  a.add('video', 'sendonly');
  b.add('video');
  b.add('audio');
  expect(a.session.negotiationNeeded).toBe(true);
  const both = negotiate(a, b);
  expectAgreement(a, b, both);
  expect(a.session.transceivers.map(({ negotiated }) => negotiated!.direction)).toEqual([
    'sendrecv',
    'sendonly',
  ]);
  expect(b.session.transceivers.map(({ negotiated }) => negotiated!.direction)).toEqual([
    'recvonly',
    'sendrecv',
  ]);
  expect([a, b].map(({ session }) => session.negotiationNeeded)).toEqual([false, false]);
});

test('media that was not foreseen is received', () => {
  const [a, b] = [new Side(), new Side()];
  a.add('video');
  negotiate(a, b);
  expect(b.session.transceivers).toHaveLength(1);
  expect(b.session.transceivers[0]!.negotiated).toMatchObject({
    direction: 'recvonly',
    remoteStreamIds: ['us'],
  });
  expect(a.session.transceivers[0]!.negotiated).toMatchObject({ direction: 'sendonly' });
});

test('another direction or stream is asked for, the same again is not', () => {
  const [a, b] = [new Side(), new Side()];
  const video = a.add('video');
  negotiate(a, b);
  video.streamIds = ['us'];
  expect(a.session.negotiationNeeded).toBe(false);
  video.streamIds = ['screen'];
  expect(a.session.negotiationNeeded).toBe(true);
  negotiate(a, b);
  expect(b.session.transceivers[0]!.negotiated!.remoteStreamIds).toEqual(['screen']);
  video.direction = 'inactive';
  expect(a.session.negotiationNeeded).toBe(true);
  negotiate(a, b);
  expect(b.session.transceivers[0]!.negotiated!.direction).toBe('inactive');
  expect([a, b].map(({ session }) => session.negotiationNeeded)).toEqual([false, false]);
});

test('what is stopped leaves its place to what comes next, under another MID', () => {
  const [a, b] = [new Side(), new Side()];
  const [first] = [a.add('video'), a.add('audio')];
  negotiate(a, b);
  expect(a.mids).toEqual(['0', '1']);
  first.stop();
  expect(a.session.negotiationNeeded).toBe(true);
  const { offer } = negotiate(a, b);
  expect(offer.media.map(({ rejected }) => rejected)).toEqual([true, false, false]);
  expect(a.mids).toEqual(['1']);
  // The other side does not ask for it again of its own accord.
  expect([a, b].map(({ session }) => session.negotiationNeeded)).toEqual([false, false]);
  b.add('audio');
  const second = negotiate(b, a);
  expectAgreement(b, a, second);
  expect(second.offer.media.map(({ kind }) => kind)).toEqual(['audio', 'audio', 'application']);
  expect(b.mids).toEqual(expect.arrayContaining([expect.not.stringMatching(/^[0-2]$/), '1']));
});

test('what the other side refuses is not offered again until something else is wanted of it', () => {
  const [a, b] = [new Side(), new Side((kind) => (kind === 'audio' ? codecs(kind) : []))];
  const [, video] = [a.add('audio'), a.add('video')];
  const { answer } = negotiate(a, b);
  expect(answer.media.map(({ rejected }) => rejected)).toEqual([false, true, false]);
  expect(video.negotiated).toBeUndefined();
  expect([a, b].map(({ session }) => session.negotiationNeeded)).toEqual([false, false]);
  expect(b.session.transceivers).toHaveLength(1);
  expect(a.offer().media.map(({ rejected }) => rejected)).toEqual([false, true, false]);
  video.direction = 'recvonly';
  expect(a.session.negotiationNeeded).toBe(true);
  expect(a.offer().media.map(({ rejected }) => rejected)).toEqual([false, false, false]);
});

test('a side that wants no data channels is not asked again and again', () => {
  const a = new Side();
  a.add('audio');
  const b = new Side();
  b.add('audio');
  const answer = b.answer(a.offer());
  const without = answer.media.map((each) =>
    each.kind === 'application' ? { ...each, rejected: true } : each,
  );
  a.take({ ...answer, media: without, bundle: ['0'] });
  expect(a.session.negotiationNeeded).toBe(false);
  expect(a.offer().media[1]!.rejected).toBe(true);
  // When it offers them itself they are taken.
  expect(a.answer(b.offer()).media[1]!.rejected).toBe(false);
});

test('an answer has to fit the offer', () => {
  const [a, b] = [new Side(), new Side()];
  a.add('audio');
  expect(a.session.answerFault({ ...b.offer() })).toContain('no offer');
  const answer = b.answer(a.offer());
  const [audio, data] = answer.media;
  const fault = (media: SessionContent['media']): string | undefined =>
    a.session.answerFault({ ...answer, media });
  expect(fault([audio!])).toContain('1 media sections, the offer 2');
  expect(fault([data!, audio!])).toContain('is application');
  expect(fault([{ ...audio!, mid: 'x' }, data!])).toContain('MID x');
  expect(fault(answer.media)).toBeUndefined();
  // One that is left out of the bundle would need a transport of its own.
  a.take({ ...answer, bundle: ['1'] });
  expect(a.mids).toEqual([undefined]);
});

test('numbers of an offer that was rolled back do not come to stand for two things', () => {
  // Each side has numbers of its own for the same, and for what the other does not know.
  const own = (names: readonly ('VP8' | 'VP9' | 'H264' | 'AV1')[]) => (kind: MediaKind) =>
    kind === 'audio' ? [describeOpus({}, { payloadType: 98 })] : describeVideo(names);
  const [a, b] = [new Side(own(['VP8', 'VP9', 'AV1'])), new Side(own(['H264', 'VP9', 'VP8']))];
  for (const side of [a, b]) for (const kind of ['video', 'audio'] as const) side.add(kind);
  a.offer();
  const first = b.offer();
  b.take(a.answer(first));
  const second = negotiate(a, b);
  expectAgreement(a, b, second);
  expect(second.offer.media[0]!.section.codecs.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['VP8', 'VP9', 'AV1']),
  );
});

test('an id of an offer that was rolled back does not come to stand for two extensions', () => {
  const side = new Side();
  side.add('video');
  const [mid, sendTime] = [...side.offer().media[0]!.extensions.keys()];
  const other = new Side();
  other.add('video');
  const offer = other.offer();
  const extensions = new Map([[sendTime!, 1]]);
  side.answer({ ...offer, media: offer.media.map((each) => ({ ...each, extensions })) });
  const ids = side.offer().media[0]!.extensions;
  expect(ids.get(sendTime!)).toBe(1);
  expect(ids.get(mid!)).toBeGreaterThan(1);
  expect(new Set(ids.values()).size).toBe(ids.size);
});

test('what is changed while an offer is out is asked for, even if the offer is refused', () => {
  const [a, b] = [new Side(), new Side((kind) => (kind === 'audio' ? codecs(kind) : []))];
  const video = a.add('video');
  const offer = a.offer();
  video.direction = 'recvonly';
  a.take(b.answer(offer));
  expect(video.negotiated).toBeUndefined();
  expect(a.session.negotiationNeeded).toBe(true);
});

test('a format that fits two of this side is answered once', () => {
  const twice = (): readonly CodecDescription[] => describeVideo(['VP8', 'VP8']);
  const [a, b] = [new Side(), new Side(twice)];
  a.add('video');
  const { answer } = negotiate(a, b);
  expect(answer.media[0]!.section.codecs.map(({ name }) => name)).toEqual(['VP8', 'rtx']);
});

type Operation =
  | {
      readonly kind: 'add';
      readonly side: number;
      readonly media: MediaKind;
      readonly direction: Direction;
    }
  | {
      readonly kind: 'direction';
      readonly side: number;
      readonly which: number;
      readonly direction: Direction;
    }
  | { readonly kind: 'stop'; readonly side: number; readonly which: number }
  | { readonly kind: 'offer' | 'lost-offer' | 'glare'; readonly side: number };

const side = fc.nat(1);
const direction = fc.constantFrom<Direction>('sendrecv', 'sendonly', 'recvonly', 'inactive');
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    side,
    media: fc.constantFrom<MediaKind>('audio', 'video'),
    direction,
  }),
  fc.record({ kind: fc.constant('direction' as const), side, which: fc.nat(5), direction }),
  fc.record({ kind: fc.constant('stop' as const), side, which: fc.nat(5) }),
  fc.record({
    kind: fc.constantFrom('offer' as const, 'lost-offer' as const, 'glare' as const),
    side,
  }),
);

test.each([
  ['the same codecs', codecs, codecs],
  [
    'codecs and numbers of their own',
    (kind: MediaKind) =>
      kind === 'audio'
        ? [describeOpus({}, { payloadType: 97 })]
        : describeVideo(['VP8', 'AV1', 'VP9'], { firstPayloadType: 96 }),
    (kind: MediaKind) =>
      kind === 'audio'
        ? [describeOpus()]
        : describeVideo(['VP9', 'H264', 'VP8'], { firstPayloadType: 97 }),
  ],
  [
    'pictures at one side only',
    codecs,
    (kind: MediaKind) => (kind === 'audio' ? codecs(kind) : []),
  ],
] as const)('two sides agree in whatever order they change and offer, with %s', (_, ofA, ofB) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 25 }), (operations) => {
      const sides = [new Side(ofA), new Side(ofB)] as const;
      for (const each of operations) {
        const [from, to] = each.side === 0 ? sides : [sides[1], sides[0]];
        const chosen = (which: number): Transceiver | undefined => from.session.transceivers[which];
        switch (each.kind) {
          case 'add':
            from.add(each.media, each.direction);
            break;
          case 'direction': {
            const found = chosen(each.which);
            if (found) found.direction = each.direction;
            break;
          }
          case 'stop':
            chosen(each.which)?.stop();
            break;
          case 'lost-offer':
            from.offer();
            break;
          case 'glare': {
            // Both have offered; `from` gives way.
            from.offer();
            const offer = to.offer();
            const answer = from.answer(offer);
            to.take(answer);
            expectAgreement(to, from, { offer, answer });
            break;
          }
          case 'offer':
            expectAgreement(from, to, negotiate(from, to));
        }
      }
      // Whoever wants something asks for it, and then both have what they want.
      let rounds = 0;
      for (; sides.some(({ session }) => session.negotiationNeeded); rounds++) {
        expect(rounds).toBeLessThan(6);
        const [from, to] = sides[0].session.negotiationNeeded ? sides : [sides[1], sides[0]];
        expectAgreement(from, to, negotiate(from, to));
      }
      const stops = operations.some(({ kind }) => kind === 'stop');
      for (const [i, { session }] of sides.entries())
        for (const each of session.transceivers) {
          const common = ofA(each.kind).length > 0 && ofB(each.kind).length > 0;
          const { mid, direction: agreed } = each.negotiated ?? {};
          const other = sides[1 - i]!.session.transceivers.find(
            ({ negotiated }) => mid !== undefined && negotiated?.mid === mid,
          );
          const wanted = other && commonDirection(each.direction, other.direction);
          const isGone = each.stopped || !common;
          // Without the stops of others, everything that both can have is there.
          expect({ isGone, agreed }).toEqual({ isGone, agreed: isGone ? undefined : wanted });
          expect(isGone || stops || agreed !== undefined).toBe(true);
        }
    }),
    { numRuns: 100 },
  );
});
