// The commands that README files show must exist, with every option they use.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = (path: string): string => readFileSync(root + path, 'utf8');
const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };

const DOCS = [
  'README.md',
  'CONTRIBUTING.md',
  'apps/mesh-node/README.md',
  'apps/signaling-server/README.md',
];

/** Commands in sh blocks and in code spans, without their comments. */
const commandsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/```sh\n([\s\S]*?)```|`((?:npm|node|pnpm|node_modules)[^`]*)`/g)]
    .flatMap(([, block, span]) => (block ?? span ?? '').split('\n'))
    .map((line) => line.replace(/#.*$/, '').trim())
    .filter((line) => /^(npm|node) /.test(line));

const commands = DOCS.flatMap((doc) =>
  commandsOf(text(doc)).map((command) => [doc, command] as const),
);

const helpOf = new Map<string, string>();
function help(main: string): string {
  if (!helpOf.has(main))
    helpOf.set(
      main,
      spawnSync(process.execPath, [root + main, '--help'], { encoding: 'utf8' }).stdout,
    );
  return helpOf.get(main)!;
}

test('there are commands to check', () => {
  expect(commands.length).toBeGreaterThan(8);
});

/** What a command names that is not there. */
function missing(command: string): string[] {
  const [program, second = '', ...rest] = command.split(/\s+/);
  const options = rest.filter((word) => word.startsWith('--') && word !== '--');
  const unknownTo = (main: string): string[] =>
    options.filter((option) => !help(main).includes(option));
  if (program === 'node') return existsSync(root + second) ? unknownTo(second) : [second];
  const script = second === 'run' ? rest[0]! : second;
  if (script !== 'install' && !Object.hasOwn(scripts, script)) return [script];
  return options.length === 0 ? [] : unknownTo('tooling/demo/dist/main.js');
}

test.each(commands)('%s: %s', (_, command) => {
  expect(missing(command)).toEqual([]);
});

test('links of the README files lead somewhere', () => {
  const broken = DOCS.flatMap((doc) => {
    const folder = doc.includes('/') ? doc.slice(0, doc.lastIndexOf('/') + 1) : '';
    return [...text(doc).matchAll(/\]\((?!https?:)([^)#]+)\)/g)]
      .map(([, link]) => folder + link)
      .filter((path) => !existsSync(root + path));
  });
  expect(broken).toEqual([]);
});
