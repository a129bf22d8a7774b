import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The first Debian whose nats-server (2.10) knows `sync_interval`. */
const SUITE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/warmspare/', import.meta.url));
const PROGRAM = join(CACHE, `nats-server-${SUITE}`, 'usr/sbin/nats-server');

/**
 * A nats-server of a newer Debian than this one may be, unpacked beside the dependencies; nothing is installed, and
 * apt's own lists stay as they are. Undefined: it cannot be had here, and why was said.
 */
export async function newerNats(): Promise<string | undefined> {
  if (existsSync(PROGRAM)) return PROGRAM;
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    await fetched(folder);
    await run('dpkg-deb', ['-x', await archive(folder), join(folder, 'unpacked')]);
    await run(join(folder, 'unpacked/usr/sbin/nats-server'), ['--version']);
    // Somebody else may have been quicker with the same.
    await rename(join(folder, 'unpacked'), join(CACHE, `nats-server-${SUITE}`)).catch(() => undefined);
    return PROGRAM;
  } catch (error) {
    console.warn(`nats-server of Debian ${SUITE} cannot be had: ${(error as Error).message.trim()}`);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetched(folder: string): Promise<void> {
  const sources = join(folder, 'debian.sources');
  const lines = {
    ...{ Types: 'deb', URIs: 'http://deb.debian.org/debian', Suites: SUITE },
    ...{ Components: 'main', 'Signed-By': KEYRING },
  };
  const text = Object.entries(lines).map(([key, value]) => `${key}: ${value}\n`);
  await writeFile(sources, text.join(''));
  for (const own of ['lists/partial', 'cache/archives/partial'])
    await mkdir(join(folder, own), { recursive: true });
  const apt = (...words: string[]) =>
    run(
      'apt-get',
      [
        ...['-qq', '-o', `Dir::Etc::sourcelist=${sources}`, '-o', 'Dir::Etc::sourceparts=/dev/null'],
        ...['-o', `Dir::State::lists=${folder}/lists`, '-o', `Dir::Cache=${folder}/cache`],
        ...['-o', 'Acquire::Languages=none', '-o', 'APT::Sandbox::User=root', ...words],
      ],
      { cwd: folder },
    );
  await apt('update');
  await apt('download', 'nats-server');
}

async function archive(folder: string): Promise<string> {
  const name = (await readdir(folder)).find(each => each.endsWith('.deb'));
  if (name === undefined) throw new Error('nothing was downloaded');
  return join(folder, name);
}
