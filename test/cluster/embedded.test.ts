import { embeddedWorld } from './embedded-world.ts';
import { engineContract } from './engine-contract.ts';

engineContract('embedded', async () => embeddedWorld());
