import preset from '../../tooling/jest/preset.mjs';

// A browser takes its time on a busy machine; what is waited for has deadlines of its own.
export default { ...preset, testTimeout: 90_000 };
