// Packs every package, and every app that is one, as it would be published, installs the tarballs in an empty folder
// as a user would, and loads each: by import, by require, and by its types. Their programs must start.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const env = {
  ...process.env,
  PATH: join(root, 'node_modules/.bin') + delimiter + process.env.PATH,
};
const folder = mkdtempSync(join(tmpdir(), 'rm-pack-'));

function run(cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`);
  process.exitCode = 1;
}

try {
  const names = [];
  const programs = [];
  const folders = ['packages', 'apps'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => join(root, kind, name)),
  );
  for (const path of folders) {
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    if (manifest.private) continue;
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    names.push(...entries.map((entry) => manifest.name + entry.slice(1)));
    programs.push(...Object.keys(manifest.publishConfig.bin ?? {}));
    run(path, 'pnpm', 'pack', '--pack-destination', folder);
  }
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  run(
    folder,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...tarballs.map((file) => `./${file}`),
  );
  const imports = names.map((name, i) => `import * as m${i} from '${name}';`).join('\n');
  const uses = names.map((_, i) => `m${i}`).join(', ');
  writeFileSync(
    join(folder, 'load.mjs'),
    `${imports}
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const [i, m] of [${uses}].entries())
  if (Object.keys(m).length === 0 || Object.keys(require(${JSON.stringify(names)}[i])).length === 0) process.exit(1);
`,
  );
  run(folder, process.execPath, 'load.mjs');
  // The add-on travels in its package; where it could not be built, everything else works without, and video goes
  // through WebAssembly.
  writeFileSync(
    join(folder, 'video.mjs'),
    `import { loadVideoCodecs, loadWasmVideoCodecs, movingPicture } from '@rm/codecs';
const { missing } = await loadVideoCodecs();
if (missing) console.error(missing);
process.exitCode = missing && process.env.CI === 'true' ? 1 : 0;
const wasm = await loadWasmVideoCodecs();
const encoder = await wasm.createEncoder({ codec: 'VP9', bitrate: 100_000, fps: 15 });
const decoder = await wasm.createDecoder({ codec: 'VP9' });
const { ok } = await decoder.decode(await encoder.encode(movingPicture(64, 48)(0)));
if (!ok) process.exitCode = 1;
`,
  );
  run(folder, process.execPath, 'video.mjs');
  for (const program of programs)
    run(folder, join(folder, 'node_modules/.bin', program), '--version');
  writeFileSync(join(folder, 'use.ts'), `${imports}\nexport const all: object[] = [${uses}];\n`);
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])
    run(
      folder,
      'tsc',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--target',
      'es2023',
      '--module',
      module,
      '--moduleResolution',
      moduleResolution,
      '--typeRoots',
      join(root, 'node_modules/@types'),
      '--types',
      'node',
      'use.ts',
    );
  if (process.exitCode !== 1) console.log(`${names.join(', ')}: packed, installed and loaded`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
