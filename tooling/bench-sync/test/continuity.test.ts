import { expect, test } from '@jest/globals';
import { playHours } from '../src/continuity.js';

test('two minutes of a clock off by 1000 ppm come out whole, and at the right time', () => {
  for (const ppm of [1000, -1000]) {
    const { surplus, behind, mendedLater, roughness } = playHours(2 / 60, ppm, 5);
    expect(surplus).toBe(0);
    expect(behind).toBeGreaterThan(0);
    expect(behind).toBeLessThan(0.06);
    expect(mendedLater).toBe(0);
    expect(roughness).toBeLessThan(1.05);
  }
});
