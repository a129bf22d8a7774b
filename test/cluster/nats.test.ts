import { engineContract } from './engine-contract.ts';
import { natsWorld } from './nats-world.ts';

engineContract('NATS JetStream', async () => natsWorld());
