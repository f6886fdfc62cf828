// An ambient module of this package must be found by the packages that compile its source.
// oxlint-disable-next-line typescript/triple-slash-reference
/// <reference path="./node-gyp-build.d.ts" />
import { fileURLToPath } from 'node:url';
import load from 'node-gyp-build';
import type { NativeBinding } from './binding.js';

/** Thrown when there is no add-on for this machine; `code` is `NOT_BUILT`, the message says how to build one. */
export class NotBuiltError extends Error {
  override readonly name = 'NotBuiltError';
  readonly code = 'NOT_BUILT';
}

/**
 * Loads the add-on: one built on this machine, or the one that came with the package. Throws `NotBuiltError` where there
 * is neither, or where the system refuses it.
 */
export function loadNative(): NativeBinding {
  try {
    return load(fileURLToPath(new URL('../', import.meta.url))) as NativeBinding;
  } catch (cause) {
    throw new NotBuiltError(
      `@rm/codecs-native has no add-on for ${process.platform}-${process.arch}: install g++, libvpx-dev and libopenh264-dev, then run npx rm-build-codecs`,
      { cause },
    );
  }
}
