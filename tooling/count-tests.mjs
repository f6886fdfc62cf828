// Sums what jest counted in every package (a run replayed from turbo's cache keeps its counts), tells each failure
// again, where a long log ends, and prints one closing line. Fails when a test failed or a package has no result.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('../', import.meta.url));
const folders = ['packages', 'apps', 'tooling'].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
);
/** Of what a failure says. */
const LINES_SHOWN = 30;
let passed = 0;
let failed = 0;

function tell(file, title, message) {
  const lines = stripVTControlCharacters(message).trim().split('\n').slice(0, LINES_SHOWN);
  console.log(`FAILED ${relative(root, file)}: ${title}`);
  for (const line of lines) console.log(`  ${line}`);
}

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
    for (const { name, assertionResults, message } of result.testResults) {
      const failures = assertionResults.filter(({ status }) => status === 'failed');
      for (const { fullName, failureMessages } of failures)
        tell(name, fullName, failureMessages.join('\n'));
      if (assertionResults.length === 0 && message !== '') tell(name, 'could not be run', message);
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
