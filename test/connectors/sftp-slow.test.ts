import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SftpTarget } from '../../src/connectors/sftp/target.ts';
import { isFailure } from '../../src/core/failure.ts';
import { Sshd } from '../support/sshd.ts';
import { RemoteBackup } from './sftp-backup.ts';

/** A server at the end of a line that takes its time, but goes on. */

/** So many bytes of the server's come through in so many milliseconds. */
const [BYTES, EACH_MS] = [1_024, 10];
/** A file takes several times this. */
const LIMITS = { connectMs: 30_000, callMs: 400 };
const TEXT = 'a line of a file that is long\n'.repeat(4_000);

let server: Sshd;
let slow: Server;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = await Sshd.started();
  slow = createServer(near => {
    const far = dial(server.port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far);
    let waiting = Buffer.alloc(0);
    far.on('data', bytes => {
      waiting = Buffer.concat([waiting, bytes]);
    });
    for (const socket of [near, far])
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    const trickle = async () => {
      while (!near.destroyed) {
        near.write(waiting.subarray(0, BYTES));
        waiting = waiting.subarray(BYTES);
        // The line's own slowness.
        await pause(EACH_MS);
      }
    };
    void trickle();
  });
  await new Promise<void>(done => slow.listen(0, '127.0.0.1', done));
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  slow.close();
  await server.remove();
});

test('a call is not given up while the server’s answers come, however slowly', async () => {
  const backup = RemoteBackup.on(server);
  try {
    backup.write('large', TEXT);
    const { port } = slow.address() as AddressInfo;
    const address = { ...server.address, port, path: backup.root };
    const known = join(server.folder, 'known-as-slow');
    const lines = readFileSync(server.knownHosts, 'utf8');
    writeFileSync(known, lines.replaceAll(`:${server.port}`, `:${port}`));
    const target = new SftpTarget(address, { ...server.access, knownHosts: [known] }, { limits: LIMITS });
    expect(await target.reachable()).toBeUndefined();
    const read = await target.read('large');
    if (read === undefined || isFailure(read)) throw new Error(read?.message ?? 'there is nothing');
    expect(Buffer.from(read.bytes).toString()).toBe(TEXT);
  } finally {
    backup.remove();
  }
});
