import { defineConfig } from 'vitest/config';

const long = process.env.WARMSPARE_LONG === '1';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: './test/setup.ts',
    // A limit for hangs only: whole processes and properties share two cores with each other.
    testTimeout: long ? 3_600_000 : 300_000,
    maxWorkers: 2,
    reporters: [['default', { summary: false }], './test/budget-reporter.ts'],
  },
});
