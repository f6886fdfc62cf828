import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type RtpPacket, readRtpdump, systemClock } from '@rm/webrtc-peer';
import { Capture } from '../src/capture.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capture-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const packet = (sequenceNumber: number): RtpPacket => ({
  ssrc: 7,
  payloadType: 111,
  sequenceNumber,
  timestamp: 0,
  marker: false,
  payload: Uint8Array.of(1, 2, 3),
});

const sequences = (file: string): number[] =>
  [...readRtpdump(readFileSync(file))]
    .filter(({ rtcp }) => !rtcp)
    .map(({ bytes }) => bytes[2]! * 256 + bytes[3]!);

test('each writing takes the place of the one before, and leaves nothing else', async () => {
  const file = join(folder, 'call.rtpdump');
  const capture = await Capture.open(file, 60);
  expect(existsSync(file)).toBe(false);
  capture.recorder.packet('a', packet(1), systemClock.now());
  await capture.write();
  expect(sequences(file)).toEqual([1]);
  capture.recorder.packet('a', packet(2), systemClock.now());
  const first = capture.write();
  capture.recorder.packet('a', packet(3), systemClock.now());
  await Promise.all([first, capture.write()]);
  expect(sequences(file)).toEqual([1, 2, 3]);
  expect(readdirSync(folder)).toEqual(['call.rtpdump']);
});

test.each([
  ['in a folder that is not there', 'no/such', 'ENOENT'],
  ['that is a folder', '.', 'EISDIR'],
])('a file %s is told when it is opened', async (_, name, code) => {
  await expect(Capture.open(join(folder, name), 60)).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining(`cannot be written (${code}): name a file`),
  });
});

test('a writing that fails is told, and a later one is made all the same', async () => {
  const file = join(folder, 'call.rtpdump');
  const capture = await Capture.open(file, 60);
  mkdirSync(file);
  await expect(capture.write()).rejects.toThrow(/^--capture .*call.rtpdump was not written \(E/);
  expect(readdirSync(folder)).toEqual(['call.rtpdump']);
  rmSync(file, { recursive: true });
  await capture.write();
  expect(sequences(file)).toEqual([]);
});
