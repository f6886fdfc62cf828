import { generator } from '../rtcp/generator.js';
import { Call, type CallOptions, type MediaPacket } from './call.js';
import { Link, type LinkOptions } from './link.js';

/** A scenario: calls over one bottleneck. */
export interface Scenario {
  readonly seed: number;
  readonly seconds: number;
  readonly link: Omit<LinkOptions, 'random'>;
  readonly calls: readonly Omit<CallOptions, 'random'>[];
  /** When RTCP does not get through, in ms. */
  readonly silentFrom?: number;
}

/** What came of it, once each 100 ms. */
export interface Sample {
  /** Seconds from the start. */
  readonly at: number;
  /** Target of each call in bits per second. */
  readonly targets: readonly number[];
  /** Wait in the bottleneck's queue, ms. */
  readonly queueMs: number;
}

/** Runs a scenario in virtual time. */
export function simulate(scenario: Scenario): {
  readonly calls: readonly Call[];
  readonly samples: readonly Sample[];
} {
  const random = generator(scenario.seed);
  const link = new Link<MediaPacket>({ ...scenario.link, random });
  const calls = scenario.calls.map((options) => new Call({ ...options, random }));
  const samples: Sample[] = [];
  let control: { at: number; run: (at: number) => void }[] = [];
  const { oneWayMs, loss = 0 } = scenario.link;
  for (let at = 0; at < scenario.seconds * 1000; at++) {
    for (const call of calls) {
      for (const packet of call.send(at)) link.send(packet, packet.bytes, at);
    }
    for (const { packet, at: arrival } of link.step(at)) packet.call.receive(packet, arrival);
    for (const call of calls) {
      const { there, back } = call.control(at + 1);
      if (at >= (scenario.silentFrom ?? Number.POSITIVE_INFINITY)) continue;
      for (const bytes of there) {
        if (random() >= loss) {
          control.push({ at: at + 1 + oneWayMs, run: (now) => call.controlThere(bytes, now) });
        }
      }
      for (const bytes of back) {
        if (random() >= loss) {
          control.push({ at: at + 1 + oneWayMs, run: (now) => call.controlBack(bytes, now) });
        }
      }
    }
    if (control.some((carried) => carried.at <= at)) {
      for (const { at: due, run } of control) if (due <= at) run(at);
      control = control.filter((carried) => carried.at > at);
    }
    if (at % 100 === 0) {
      const targets = calls.map(({ rate }) => rate.target);
      samples.push({ at: at / 1000, targets, queueMs: link.queueMs(at) });
    }
  }
  return { calls, samples };
}
