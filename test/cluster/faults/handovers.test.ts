import { expect, it } from 'vitest';
import { handovers } from './handovers.ts';
import { History } from './history.ts';

it('tells of each task of a member that was killed when it was at work elsewhere', () => {
  let now = 0;
  const history = new History(() => now);
  const own = (t: number, task: string, epoch: number, member: string) => {
    now = t;
    const owner = { member, incarnation: `${member}-1` };
    history.add({ proc: 'reader', type: 'ok', op: 'own', task, revision: t, epoch, owner });
  };
  own(1, 't0', 1, 'nas1');
  own(2, 't1', 1, 'nas2');
  own(3, 't2', 4, 'nas1');
  now = 100;
  history.add({ proc: 'reader', type: 'ok', op: 'coordinate', member: 'nas1', term: 1 });
  history.add({ proc: 'test', type: 'info', op: 'fault', fault: 'kill', whom: 'nas1' });
  history.add({ proc: 'test', type: 'info', op: 'fault', fault: 'heal', whom: 'nas2' });
  now = 1_050;
  history.add({ proc: 'nas1', type: 'info', op: 'let go', task: 't0' });
  own(1_100, 't0', 2, 'nas2');
  now = 1_200;
  history.add({ proc: 'eyes', type: 'ok', op: 'sight', task: 't0', epochs: [1, 2], ledger: null });
  own(1_300, 't2', 5, 'nas3');
  const kill = { t: 100, fault: 'kill', from: 'nas1', wasCoordinator: true };
  expect(handovers(history.entries)).toEqual([
    { ...kill, task: 't0', released: 950, inTable: 1_000, atBackup: 1_100 },
    { ...kill, task: 't2', released: undefined, inTable: 1_200, atBackup: undefined },
  ]);
});
