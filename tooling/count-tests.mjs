// Sums what jest counted in every package (a run replayed from turbo's cache keeps its counts) and prints one
// closing line. Fails when a test failed or a package has no result.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folders = ['packages', 'apps', 'tooling'].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
);
let passed = 0;
let failed = 0;
for (const folder of folders.filter((f) => existsSync(join(f, 'jest.config.mjs')))) {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = join(folder, '.cache/jest.json');
  if (scripts.test !== undefined && !existsSync(file)) {
    console.error(`no test result in ${file}`);
    failed++;
    continue;
  }
  for (const each of [file, join(folder, '.cache/jest-integration.json')].filter(existsSync)) {
    const result = JSON.parse(readFileSync(each, 'utf8'));
    passed += result.numPassedTests;
    failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
