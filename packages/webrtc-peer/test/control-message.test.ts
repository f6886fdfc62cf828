import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type JsonValue,
  parseControlMessage,
  serializeControlMessage,
} from '../src/data/control-message.js';

test('messages have the form of the control channel of RemoteMedia', () => {
  expect(JSON.parse(serializeControlMessage({ kind: 'json', payload: { a: [1] } }))).toEqual({
    type: 'Json',
    payload: { a: [1] },
  });
  expect(JSON.parse(serializeControlMessage({ kind: 'ping', timestampMs: 12.5 }))).toEqual({
    type: 'Json',
    payload: { action: 'Ping', timestamp_ms: 12.5 },
  });
  expect(
    JSON.parse(serializeControlMessage({ kind: 'pong', pingTimestampMs: 1, pongTimestampMs: 2 })),
  ).toEqual({
    type: 'Json',
    payload: { action: 'Pong', ping_timestamp_ms: 1, pong_timestamp_ms: 2 },
  });
});

test('any JSON comes out as it went in', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const payload = JSON.parse(JSON.stringify(value)) as JsonValue;
      const parsed = parseControlMessage(serializeControlMessage({ kind: 'json', payload }));
      expect(parsed).toEqual({ ok: true, value: { kind: 'json', payload } });
    }),
  );
});

test('microseconds survive as milliseconds of today', () => {
  for (const unix of [1_795_000_000_123_457, 4_000_000_000_000_001]) {
    const text = serializeControlMessage({ kind: 'ping', timestampMs: unix / 1000 });
    const parsed = parseControlMessage(text) as { value: { timestampMs: number } };
    expect(Math.round(parsed.value.timestampMs * 1000)).toBe(unix);
  }
});

test.each([
  ['{', 'not JSON'],
  ['[]', 'not a {"type":"Json"'],
  ['{"type":"Json"}', 'not a {"type":"Json"'],
  ['{"type":"Binary","payload":"AA=="}', 'not a {"type":"Json"'],
  ['{"type":"Json","payload":"x"}'.padEnd(70_000), 'message too long'],
])('%.30s is refused', (text, reason) => {
  expect(parseControlMessage(text)).toEqual({
    ok: false,
    reason: expect.stringContaining(reason),
  });
});

test('a ping with a time that makes no sense is an application message', () => {
  for (const timestamp of ['"x"', '-1', '1e300', 'null']) {
    const text = `{"type":"Json","payload":{"action":"Ping","timestamp_ms":${timestamp}}}`;
    expect(parseControlMessage(text)).toMatchObject({ ok: true, value: { kind: 'json' } });
  }
});

test('hostile bytes never throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uint8Array()), (data) => {
      expect(typeof parseControlMessage(data).ok).toBe('boolean');
    }),
  );
});
