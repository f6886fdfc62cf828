// One command on a fresh checkout: install with the pinned pnpm if the lockfile changed, build the native codecs if their
// libraries are here, then run turbo tasks.
// With --quiet first, everything the tools print goes to stderr, so that stdout stays the caller's.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const text = (file) => readFileSync(join(root, file), 'utf8');

/** Installs what the lockfile names when it changed, then runs the turbo `tasks`; ends the process when one fails. */
export function prepare(tasks, { quiet = false } = {}) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(
      `Node ${process.versions.node} is too old: install Node 20.19 or newer, then try again.`,
    );
    process.exit(1);
  }
  const env = {
    ...process.env,
    PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  };
  const run = (cmd, args) => {
    const { status } = spawnSync(cmd, args, {
      cwd: root,
      env,
      stdio: quiet ? ['ignore', 2, 2] : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (status !== 0) process.exit(status ?? 1);
  };

  const stampFile = join(root, 'node_modules/.rm-setup');
  const stamp = createHash('sha256')
    .update(text('pnpm-lock.yaml') + text('package.json') + process.version)
    .digest('hex');
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    console.error('Installing dependencies (first run, or the lockfile changed) ...');
    const pnpm = JSON.parse(text('package.json')).packageManager;
    run('npx', ['--yes', pnpm, 'install', '--frozen-lockfile', '--prefer-offline']);
    writeFileSync(stampFile, stamp);
  }
  // Before turbo looks at what there is. Where it cannot be built it says so in a line; all but native video works.
  spawnSync(process.execPath, [join(root, 'packages/codecs-native/build.mjs')], {
    stdio: ['ignore', 2, 2],
  });
  if (tasks.length > 0)
    run('turbo', ['run', ...tasks, '--output-logs=new-only', '--continue', '--concurrency=3']);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const args = process.argv.slice(2);
  const quiet = args[0] === '--quiet';
  prepare(quiet ? args.slice(1) : args, { quiet });
}
