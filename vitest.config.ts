import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Whole-process and property tests share two cores with each other; the limit is for hangs only.
    testTimeout: 120_000,
    maxWorkers: 2,
  },
});
