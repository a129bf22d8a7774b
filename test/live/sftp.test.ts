import { renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LivePair } from '../support/live.ts';
import { Sshd, signal } from '../support/sshd.ts';

const RULES = { include: ['*.conf'], identity: [{ kind: 'hostname', primary: 'nas1', backup: 'nas2' }] };

test('the daemon keeps a backup over SFTP in step, through a connection that is killed and a server that is away', async () => {
  const server = await Sshd.started();
  const pair = new LivePair(RULES);
  let number = 0;
  const save = () => {
    const text = `host nas1\nnumber ${++number}\n`;
    writeFileSync(pair.path('primary', '.draft'), text);
    renameSync(pair.path('primary', '.draft'), pair.path('primary', 'a.conf'));
    return text.replace('nas1', 'nas2');
  };
  try {
    const url = `sftp://127.0.0.1:${server.port}${pair.path('backup', '')}`;
    const backup = { url, key: server.access.key, 'known-hosts': server.knownHosts };
    pair.configure({ ...RULES, backup });
    pair.pace = 'rescan=60000,proof=60000,retry=50,retry-max=500';
    save();
    expect((await pair.warmspare('update')).stderr).toBe('');
    await pair.start();
    await pair.onBackup('a.conf', save());
    for (const pid of server.sessions()) signal(pid, 'SIGKILL');
    await pair.onBackup('a.conf', save());
    await server.stop();
    const from = pair.said.length;
    const text = save();
    await pair.hears(/cannot be reached|connection|ECONNRE/, from);
    await server.start();
    await pair.onBackup('a.conf', text);
    await pair.onBackup('a.conf', save());
    const latencies = pair.said.flatMap(({ latency }) => latency ?? []);
    console.info(`replicated over SFTP after ${latencies.join(', ')} ms`);
  } finally {
    await pair.stop();
    pair.remove();
    await server.remove();
  }
});
