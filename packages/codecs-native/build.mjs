#!/usr/bin/env node
// Builds the add-on for this machine into prebuilds/, with the compiler and the -dev packages that are here. Says in one
// line what is missing; then everything but native video works all the same. With --force it builds though nothing changed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import nodeApi from 'node-api-headers';

const root = fileURLToPath(new URL('.', import.meta.url));
const compiler = process.env.CXX ?? 'c++';
const run = (args, input) => spawnSync(compiler, args, { input, encoding: 'utf8' });

/** A library of the compiler's search path as an archive to link in, else as one to be found when loaded. */
function library(name) {
  const archive = run([`-print-file-name=lib${name}.a`]).stdout.trim();
  return existsSync(archive) ? archive : `-l${name}`;
}

const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
const target = join(folder, `codecs-native.napi.${libc}.node`);
const sources = readdirSync(join(root, 'native')).map((file) => join(root, 'native', file));

function missing() {
  if (process.platform !== 'linux') return 'Linux (other systems have not been tried)';
  if (run(['--version']).status !== 0) return 'a C++ compiler';
  const headers = ['vpx/vpx_encoder.h', 'vpx/vpx_decoder.h', 'wels/codec_api.h'];
  return headers.find(
    (header) => run(['-E', '-x', 'c++', '-'], `#include <${header}>`).status !== 0,
  );
}

function isCurrent() {
  const inputs = [...sources, fileURLToPath(import.meta.url)];
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  return inputs.every((file) => statSync(file).mtimeMs <= built);
}

const COMPILE = '-std=c++17 -O2 -Wall -Wextra -fPIC -fvisibility=hidden -DNAPI_VERSION=8'.split(
  ' ',
);
const LINK =
  '-shared -s -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL -Wl,-z,relro,-z,now'.split(
    ' ',
  );

function build() {
  mkdirSync(folder, { recursive: true });
  // Under another name first: a process that has the old one mapped must not see it change.
  const fresh = join(folder, `.${process.pid}.tmp`);
  const code = sources.filter((file) => file.endsWith('.cc'));
  const libraries = [library('vpx'), library('openh264'), '-pthread', '-lm'];
  const { status, stderr } = run(
    COMPILE.concat(LINK, `-I${nodeApi.include_dir}`, '-o', fresh, code, libraries),
  );
  if (stderr) console.error(stderr);
  if (status === 0) renameSync(fresh, target);
  return status === 0;
}

if (process.argv.includes('--force') || !isCurrent()) {
  const lacks = missing();
  if (lacks) {
    console.error(
      `@rm/codecs-native is not built, for want of ${lacks}: apt-get install g++ libvpx-dev libopenh264-dev, then npx rm-build-codecs`,
    );
  } else if (build()) {
    console.error(`@rm/codecs-native: built ${target}`);
  } else {
    console.error(`@rm/codecs-native could not be built; what the compiler says stands above.`);
    process.exitCode = 1;
  }
}
