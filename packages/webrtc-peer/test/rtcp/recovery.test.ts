import { expect, test } from '@jest/globals';
import { micros, millis } from '@rm/rtp-sync';
import {
  NackGenerator,
  RetransmissionHistory,
  RtcpSession,
  parseCompound,
} from '../../src/rtcp/index.js';
import type { RtpPacket } from '../../src/rtp/packet.js';
import { generator } from './generator.js';

interface Recovery {
  /** Share of packets that the application got. */
  readonly delivered: number;
  readonly duplicates: number;
  readonly retransmissions: number;
}

/** A stream over a path that loses packets both ways, in steps of a millisecond. */
function transmit(path: {
  readonly seed: number;
  readonly loss: number;
  readonly oneWay: number;
  readonly budget: number;
  readonly packets: number;
  readonly everyMs: number;
}): Recovery {
  const random = generator(path.seed);
  const history = new RetransmissionHistory();
  const nack = new NackGenerator({ budget: millis(path.budget) });
  const rtcp = new RtcpSession({
    cname: 'r',
    ssrc: 1,
    unixOrigin: micros(1.7e15),
    reducedSize: true,
  });
  history.roundTripTime = nack.roundTripTime = millis(2 * path.oneWay);
  const there: [number, RtpPacket][] = [];
  const back: [number, Uint8Array][] = [];
  const got = new Map<number, number>();
  const send = (packet: RtpPacket, at: number): void => {
    if (random() >= path.loss) there.push([at + path.oneWay, packet]);
  };
  const end = path.packets * path.everyMs + path.budget + 4 * path.oneWay;
  for (let at = 0, sent = 0; at < end; at++) {
    if (at % path.everyMs === 0 && sent < path.packets) {
      const packet = {
        ssrc: 7,
        payloadType: 96,
        sequenceNumber: (64_000 + sent) & 0xffff,
        timestamp: sent * 3000,
        marker: false,
        payload: new Uint8Array(1000),
      };
      history.sent(packet, millis(at));
      send(packet, at);
      sent++;
    }
    while (there[0] !== undefined && there[0][0] <= at) {
      const { sequenceNumber } = there.shift()![1];
      const verdict = nack.received(sequenceNumber, millis(at));
      if (verdict !== 'new' && verdict !== 'recovered') continue;
      got.set(sequenceNumber, (got.get(sequenceNumber) ?? 0) + 1);
    }
    const { requests } = nack.poll(millis(at));
    if (requests.length > 0) {
      rtcp.send({ type: 'nack', senderSsrc: 1, mediaSsrc: 7, sequences: requests }, millis(at));
    }
    for (const datagram of rtcp.poll(millis(at))) {
      if (random() >= path.loss) back.push([at + path.oneWay, datagram]);
    }
    while (back[0] !== undefined && back[0][0] <= at) {
      for (const packet of parseCompound(back.shift()![1]).packets) {
        if (packet.type !== 'nack') continue;
        for (const again of history.requested(packet.sequences, millis(at))) send(again, at);
      }
    }
  }
  return {
    delivered: got.size / path.packets,
    duplicates: [...got.values()].filter((times) => times > 1).length,
    retransmissions: history.statistics.packetsRetransmitted,
  };
}

test.each([1, 2, 3])(
  'video with 10 %% loss and 40 ms each way: 99.5 %% arrive, none twice (seed %i)',
  (seed) => {
    const outcome = transmit({
      seed,
      loss: 0.1,
      oneWay: 40,
      budget: 450,
      packets: 6000,
      everyMs: 3,
    });
    expect(outcome.delivered).toBeGreaterThanOrEqual(0.995);
    expect(outcome.duplicates).toBe(0);
    // one in nine is what the loss of packets and of retransmissions takes
    expect(outcome.retransmissions).toBeLessThan(6000 * 0.13);
  },
);

test('sound with 5 % loss and 20 ms each way gets back most within a playout delay of 100 ms', () => {
  const outcome = transmit({
    seed: 4,
    loss: 0.05,
    oneWay: 20,
    budget: 100,
    packets: 4000,
    everyMs: 20,
  });
  expect(outcome.delivered).toBeGreaterThan(0.99);
  expect(outcome.duplicates).toBe(0);
});

test('without loss nothing is sent again', () => {
  const path = { seed: 5, loss: 0, oneWay: 40, budget: 450, packets: 1000, everyMs: 3 };
  expect(transmit(path)).toEqual({ delivered: 1, duplicates: 0, retransmissions: 0 });
});
