import { afterAll, beforeAll, describe } from 'vitest';
import { contactContract } from './contract-contact.ts';
import { logContract } from './contract-log.ts';
import { tableContract } from './contract-table.ts';
import { talkContract } from './contract-talk.ts';
import { textContract } from './contract-text.ts';
import type { World } from './world.ts';

/** What every engine owes, whatever it is made of. */
export function engineContract(name: string, open: () => Promise<World>): void {
  describe(`the contract of an engine: ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.end());
    const here = () => world;
    tableContract(here);
    logContract(here);
    textContract(here);
    talkContract(here);
    contactContract(here);
  });
}
