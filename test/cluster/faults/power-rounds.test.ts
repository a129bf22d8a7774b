import { describe, it } from 'vitest';
import { LONG, SEED } from '../../runs.ts';
import { type Fault, type Played, played, tell } from './play.ts';
import { NEWER, Powered } from './powered.ts';

/** Real members, and three real servers whose power is cut at once. One round here, twenty in the long run. */

const TASKS = 20;
const ROUNDS = LONG ? 20 : 1;

describe.skipIf(NEWER === undefined)('members and three servers whose power is cut', () => {
  it.each([
    ['each write is synced: nothing that was acknowledged is lost', ['sync_interval: always'], 'power cut'],
    ['the default: what is lost is made anew from files and ledgers', [], 'wipe'],
  ])('%s', async (what, jetstream, name) => {
    const all: Played[] = [];
    let faults: readonly Fault[] = [];
    for (let number = 0; number < ROUNDS; number++) {
      const powered = await Powered.started(jetstream);
      faults = [
        {
          name: `power cut of all servers, ${what}`,
          hit: async round => {
            // What was acknowledged may be gone with a power cut, as with an engine that was emptied.
            round.fault(name, 'all servers');
            await powered.cutPower();
          },
          mend: async () => undefined,
          over: round => round.fault('whole', 'all servers'),
        },
      ];
      all.push(...(await played(powered, { tasks: TASKS, seed: SEED + number }, () => faults)));
    }
    tell(faults, all, ROUNDS);
  });
});
