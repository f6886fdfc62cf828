#!/usr/bin/env node
import { CommanderError } from 'commander';
import logUpdate from 'log-update';
import { type DemoView, runDemo } from './demo.js';
import type { Link } from './link.js';
import { type DemoOptions, parseOptions } from './options.js';
import { table } from './table.js';

/** Where there is no terminal to redraw, the table is printed anew so often. */
const PLAIN_INTERVAL_MS = 5000;

async function main(): Promise<number> {
  let options: DemoOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stop.abort());
  try {
    const summary = await runDemo(
      options,
      options.json ? quietView() : tableView(options),
      stop.signal,
    );
    if (options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else process.stdout.write(`\n${table(summary.links)}\nRecordings: ${options.record}\n`);
    return summary.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Everything but the summary goes to stderr. */
function quietView(): DemoView {
  return {
    ready: (url) => process.stderr.write(`signaling at ${url}\n`),
    heard: () => process.stderr.write('every link carries audio\n'),
    links: () => undefined,
    log: (name, line) => process.stderr.write(`${name}: ${line}\n`),
  };
}

function tableView({ record, seconds }: DemoOptions): DemoView {
  const { isTTY } = process.stdout;
  let printed = Number.NEGATIVE_INFINITY;
  const plain = (links: readonly Link[]): void => {
    const now = performance.now();
    if (now - printed < PLAIN_INTERVAL_MS) return;
    printed = now;
    process.stdout.write(`${table(links)}\n`);
  };
  return {
    ready(url) {
      const heading = [
        `Signaling at ${url}, room demo. Join with`,
        `  node apps/mesh-node/dist/main.js --signaling ${url} --room demo --id node-d --source tone:660`,
        `Recordings go to ${record}/. ${seconds === undefined ? 'Ctrl-C ends.' : `Ends after ${seconds} s.`}`,
        '',
      ].join('\n');
      process.stdout.write(heading);
    },
    heard: () => undefined,
    links: (links) => (isTTY ? logUpdate(table(links)) : plain(links)),
    log: (name, line) => process.stderr.write(`${name}: ${line}\n`),
  };
}

process.exitCode = await main();
