#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/main.js', import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error(
    'rm-rtpplay: it is not built yet: run `npm run setup build` at the root, then try again',
  );
  process.exitCode = 1;
}
