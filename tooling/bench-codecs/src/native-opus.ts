import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpusCost, OpusLoad } from './opus-load.js';

const SCRIPT = fileURLToPath(new URL('../native/opus.py', import.meta.url));
const APPLICATIONS = { voip: 2048, audio: 2049, lowdelay: 2051 } as const;

/** What a load costs the libopus of this machine, and which one that is; undefined where there is none. */
export function nativeOpusCost(load: OpusLoad): (OpusCost & { version: string }) | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'rm-bench-'));
  try {
    const file = join(folder, 'pcm');
    writeFileSync(file, new Uint8Array(load.pcm.buffer, load.pcm.byteOffset, load.pcm.byteLength));
    const { application, channels, bitrate, complexity } = load;
    const settings = [APPLICATIONS[application], channels, bitrate, complexity].map(String);
    const { status, stdout } = spawnSync('python3', [SCRIPT, file, ...settings], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status !== 0) return undefined;
    return JSON.parse(stdout) as OpusCost & { version: string };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
