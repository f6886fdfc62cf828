import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { CaptureError, UsageError } from './errors.js';
import { type PlayOptions, parseOptions } from './options.js';

// The rest is loaded when it is known to be needed: a mistake is told at once.
async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'number') return options;
  try {
    const { play } = await import('./play.js');
    const { report, warnings } = await play(options);
    for (const warning of warnings) process.stderr.write(`rm-rtpplay: ${warning}\n`);
    process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof CaptureError || error instanceof UsageError)) throw error;
    process.stderr.write(`rm-rtpplay: ${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The options, or the exit status when there is nothing to run. */
function readOptions(): PlayOptions | number {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  try {
    return parseOptions(process.argv.slice(2), version);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`rm-rtpplay: ${error.message}\n`);
    return 2;
  }
}

// A reader that goes away (head, a closed terminal) is no reason to crash.
process.stdout.on('error', () => {});
process.exitCode = await main();
