import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const PROCESS = new URL('../../../dist/daemon/planner/process.js', import.meta.url);
const CHILD = new URL('../../../dist/daemon/planner/child.js', import.meta.url);

/** Waits for the end of an idle process while nothing else is going on. */
const WAITER = `
  const { PlanningProcess } = await import(${JSON.stringify(PROCESS.href)});
  const entry = new URL(${JSON.stringify(CHILD.href)});
  await new PlanningProcess({ entry, heapMb: 64, isBackground: false, patience: 1 }).stop('the test ends');
  console.log('gone');
`;

it('whoever waits for the end of an idle process sees it', () => {
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', WAITER], {
    encoding: 'utf8',
  });
  expect([status, stdout]).toEqual([0, 'gone\n']);
});
