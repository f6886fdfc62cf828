import { expect, test } from '@jest/globals';
import { Interruption } from '../src/interruption.js';

test('the longest time without sound counts concealed samples and ticks without any, in a row', () => {
  const interruption = new Interruption();
  for (const concealed of [0, 0, 240, 720, 720, 960]) interruption.tick(true, concealed);
  expect(interruption.take()).toBe(15);
  interruption.tick(false, 960);
  interruption.tick(false, 960);
  interruption.tick(true, 1440);
  interruption.tick(true, 1440);
  expect(interruption.take()).toBe(35);
});

test('an interruption that goes on while it is asked for is not forgotten', () => {
  const interruption = new Interruption();
  for (let i = 0; i < 5; i++) interruption.tick(false, 0);
  expect(interruption.take()).toBe(50);
  interruption.tick(false, 0);
  expect(interruption.take()).toBe(60);
  interruption.tick(true, 0);
  expect(interruption.take()).toBe(0);
});
