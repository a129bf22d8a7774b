import { expect, it } from 'vitest';
import { sha256 } from '../../../src/connectors/file/digest.ts';
import { withApart } from '../apart.ts';
import { backupsOf, Hand, settled } from '../crew.ts';
import { embeddedWorld } from '../embedded-world.ts';
import { EngineEyes } from './engine-eyes.ts';
import { History } from './history.ts';
import type { Of } from './story.ts';

const LIMIT_MS = 60_000;

it('an observer of the engine notes what is told of a primary, and what of it is acknowledged', async () => {
  await withApart(async apart => {
    const history = new History();
    const eyes = new EngineEyes(apart.hub.join(), ['pair'], history);
    const logged = () => history.entries.filter((one): one is Of<'log'> => one.op === 'log');
    apart.save('a.conf', 'host nas1\n');
    await apart.startCapture();
    await apart.told('a.conf', 'host nas1\n');
    apart.save('a.conf', 'host nas1 # anew\n');
    await apart.told('a.conf', 'host nas1 # anew\n');
    const anew = sha256('host nas1 # anew\n');
    await history.until(() => logged().some(({ files }) => files['a.conf'] === anew), LIMIT_MS);
    const last = logged().at(-1)!;
    await history.until(
      () => history.entries.some(one => one.op === 'publish' && one.id === last.id && one.seq === last.seq),
      LIMIT_MS,
    );
    expect(logged()[0]!.files).toEqual({ 'a.conf': sha256('host nas1\n') });
    await eyes.close();
    expect(history.entries.at(-1)).toMatchObject({ op: 'publish', task: 'pair', id: last.id, seq: last.seq });
  });
});

it('an observer of the engine notes who owns what, and who coordinates', async () => {
  const world = embeddedWorld();
  try {
    const history = new History();
    const eyes = new EngineEyes(await world.join('eyes'), [], history);
    const backups = backupsOf(3);
    const hands = [new Hand('nas1', await world.join('nas1'), backups)];
    await settled(hands, backups);
    const owned = () => history.entries.filter((one): one is Of<'own'> => one.op === 'own');
    await history.until(() => owned().length === 3, LIMIT_MS);
    expect(owned().map(({ task, owner }) => `${task} ${owner?.member}`)).toEqual([
      't0 nas1',
      't1 nas1',
      't2 nas1',
    ]);
    expect(history.entries.find(({ op }) => op === 'coordinate')).toMatchObject({ member: 'nas1' });
    await hands[0]!.leave();
    await eyes.close();
  } finally {
    await world.end();
  }
});
