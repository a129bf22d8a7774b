import { defineConfig } from 'vitest/config';

const long = process.env.WARMSPARE_LONG === '1';

/**
 * Tests that change limits of the whole machine (sysctls), and those that hold something to a time: everything else
 * has ended when they run.
 */
const ALONE = [
  'test/live/overflow.test.ts',
  'test/live/degraded.test.ts',
  'test/daemon/planner/loop.test.ts',
  'test/live/beside.test.ts',
];

/** Tests that put something else in the place of a module or a call of the system: nobody else may meet that. */
const REPLACING = [
  'test/connectors/**/*.test.ts',
  'test/daemon/watch/beside.test.ts',
  'test/e2e/demo.test.ts',
  'test/sim/**/*.test.ts',
];

export default defineConfig({
  test: {
    globalSetup: './test/setup.ts',
    // A limit for hangs only: whole processes and properties share two cores with each other.
    testTimeout: long ? 3_600_000 : 300_000,
    hookTimeout: long ? 3_600_000 : 300_000,
    maxWorkers: 3,
    reporters: [['default', { summary: false }], './test/budget-reporter.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'apart', include: REPLACING, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'side by side',
          include: ['test/**/*.test.ts'],
          exclude: [...REPLACING, ...ALONE],
          // They share what is imported, which is half of their time.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
