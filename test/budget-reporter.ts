import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints at the end how long each part of the tests took, and every test that did not run, by name.
 * A test that did not run fails the run under CI.
 */
export default class BudgetReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const parts = new Map<string, number>();
    const skipped: string[] = [];
    let [passed, failed] = [0, 0];
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const part = file
        .split('/')
        .slice(1, file.startsWith('test/core/') ? 3 : 2)
        .join('/');
      const { duration, collectDuration, setupDuration } = module.diagnostic();
      parts.set(part, (parts.get(part) ?? 0) + duration + collectDuration + setupDuration);
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped.push(`${file}: ${test.fullName}`);
      }
    }
    console.log('\nseconds per part of the tests:');
    for (const [part, ms] of [...parts].sort((a, b) => b[1] - a[1])) {
      console.log(`  ${(ms / 1000).toFixed(1).padStart(7)}  ${part}`);
    }
    if (skipped.length > 0) {
      console.log(`\n${skipped.length} tests did not run:`);
      for (const name of skipped) console.log(`  ${name}`);
      if (process.env.CI !== undefined) process.exitCode = 1;
    }
    console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}
