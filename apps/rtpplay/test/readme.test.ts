import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { parseOptions } from '../src/options.js';
import { play } from '../src/play.js';
import { type CallPacket, call, jitter, sent } from './support/call.js';
import { pcap, pcapng, rtpdump } from './support/captures.js';
import { inFolder, playBytes } from './support/play-bytes.js';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text!,
  );

let packets: CallPacket[];
beforeAll(async () => {
  packets = await call(80, jitter(20));
});

const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));

test.each(commands)('%s', async (command) => {
  const [npx, name, ...args] = command.split(' ');
  expect([npx, name]).toEqual(['npx', 'rm-rtpplay']);
  await inFolder(async (folder) => {
    const all = sent(packets);
    const table = packets.map((p) => `${p.at},${p.sequence},${p.timestamp}`).join('\n');
    const files = {
      'call.pcapng': pcapng(all),
      'call.pcap': pcap(all),
      'call.rtpdump': rtpdump(all),
      'call.csv': `arrival_ms,sequence,timestamp\n${table}\n`,
    };
    for (const [file, bytes] of Object.entries(files)) writeFileSync(join(folder, file), bytes);
    const options = parseOptions(
      args.map((arg) => (arg.startsWith('call.') ? join(folder, arg) : arg)),
      '0',
    );
    const { report } = await play(options);
    expect(report.packets.received).toBe(80);
    for (const output of [options.wav, options.plot, options.events])
      expect(output === undefined || readFileSync(output).length > 100).toBe(true);
  });
});

test('the table of the README is read', async () => {
  const [table] = blocks('csv');
  const { report } = await playBytes(table!);
  expect(report.stream).toMatchObject({ clockRate: 48_000, payloadType: 111, packets: 4 });
  expect(report.packets.lost).toBe(1);
});

test('each field that is printed is explained, and no other', async () => {
  const stalled = packets.map((packet, i) =>
    i < 50 ? packet : { ...packet, at: packet.at + 300 },
  );
  const { report } = await playBytes(rtpdump(sent(stalled)));
  const section = README.slice(README.indexOf('## What it prints'));
  const rows = [...section.matchAll(/^\| (`.*?) +\|/gm)].flatMap(([, names]) =>
    [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );
  expect(rows).toEqual(Object.keys(report));
});
