import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFrameHeader, type ReadableCodec } from '../src/video/frame-header.js';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(' ', '').match(/../g) ?? [], (byte) => parseInt(byte, 16));

test.each<[ReadableCodec, string, string, number]>([
  ['VP8', 'f0ad01 9d012a 0005 d002 00', '1280x720', 1280 * 720],
  ['VP8', '10d101 9d012a 0045 d082 00', '1280x720, to be scaled up', 1280 * 720],
  ['VP9', '83498342 00 4ff0 2cf0 00', '1280x720', 1280 * 720],
  ['VP9', '83498342 0f fff f fff 0 00', '65536x65536', 65_536 * 65_536],
  ['H264', '00000001 6742c01f 00000001 68ce3c80 00000001 65b8', 'IDR behind SPS and PPS', 0],
  ['H264', '000001 65b8', 'IDR alone', 0],
])('%s: a key frame is seen, %s (%s)', (codec, bytes, _, pixels) => {
  expect(readFrameHeader(codec, hex(bytes))).toEqual({ key: true, pixels });
});

test.each<[ReadableCodec, string, string]>([
  ['VP8', 'b17d00 e4', 'inter frame'],
  ['VP9', '870102484a', 'inter frame'],
  ['VP9', '88', 'show existing frame'],
  ['H264', '00000001 61e00040', 'slice of a P picture'],
  ['H264', '00000001 41016500 0165', 'slice with what looks like a start code and an IDR'],
  [
    'H264',
    '00000001 0600 00000001 41 05 00',
    'SEI, then a slice whose second byte looks like an IDR',
  ],
])('%s: %s is no key frame (%s)', (codec, bytes) => {
  expect(readFrameHeader(codec, hex(bytes))).toEqual({ key: false, pixels: 0 });
});

test.each<[ReadableCodec, string, string]>([
  ['VP8', '', 'nothing'],
  ['VP8', 'f0ad019d012a000500', 'a key frame cut short'],
  ['VP8', 'f0ad019d012b000500d002', 'a wrong start code'],
  ['VP9', '03498342004ff02cf0', 'a wrong frame marker'],
  ['VP9', 'a3498342004ff02cf0', 'profile 1'],
  ['VP9', '83498342ef4ff02cf000', 'sRGB'],
  ['VP9', '83498342004ff02c', 'a key frame cut short'],
  ['H264', '65b80000', 'no start code'],
  ['H264', '00000001', 'a start code alone'],
  ['H264', '00000001 6742c01f', 'no slice'],
])('%s: %s is no frame (%s)', (codec, bytes) => {
  expect(readFrameHeader(codec, hex(bytes))).toBeUndefined();
});

test('bytes from anywhere are read without an exception', () => {
  const codec = fc.constantFrom<ReadableCodec>('VP8', 'VP9', 'H264');
  fc.assert(
    fc.property(codec, fc.uint8Array({ maxLength: 64 }), (name, data) => {
      const header = readFrameHeader(name, data);
      expect(header?.pixels ?? 0).toBeGreaterThanOrEqual(0);
    }),
  );
});
