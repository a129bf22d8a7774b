import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dropIn } from '../../src/cli/commands/service-unit.ts';
import { run } from '../../src/cli/run.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { GOOD, hostOf } from '../cli/run-world.ts';

const SHIPPED = readFileSync(fileURLToPath(new URL('../../etc/warmspare.service', import.meta.url)), 'utf8');

let root: string;
let folder: string;
let unit: string;
let extra: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'warmspare-service-'));
  folder = join(root, 'etc/systemd/system');
  unit = join(folder, 'warmspare.service');
  extra = join(folder, 'warmspare.service.d/installation.conf');
});
afterEach(() => rmSync(root, { recursive: true }));

/** A command line of `service` in an image that has this configuration. */
async function service(line: string, config: string | undefined = GOOD) {
  const files = config === undefined ? {} : { [join(root, 'etc/warmspare/warmspare.yaml')]: config };
  const { host, said } = hostOf({ files });
  const exit = await run(['service', ...line.split(' '), '--root', root], host);
  return { exit, ...said, data: line.includes('--json') ? JSON.parse(said.stdout) : undefined };
}

interface Lies {
  readonly primary?: string;
  readonly backup?: string;
  readonly node?: string;
  readonly program?: string;
}

function configOf(text: string): Config {
  const loaded = loadConfig(text, '/etc/warmspare/warmspare.yaml', { ...hostOf().host.machine, uid: 0 });
  if (Array.isArray(loaded)) throw new Error(loaded.map(({ message }) => message).join());
  return loaded.config;
}

/** A file as installed, without the line that tells whose it is. */
const installed = (path: string) => readFileSync(path, 'utf8').replace(/^.*\n/, '');

describe('service install', () => {
  it('writes the unit as it is shipped, and beside it what only this machine knows', async () => {
    const { exit, stdout, stderr } = await service('install');
    expect([exit, stderr]).toEqual([0, '']);
    expect(installed(unit)).toBe(SHIPPED);
    const bin = fileURLToPath(new URL('../../bin/warmspare.js', import.meta.url));
    expect(installed(extra).split('\n')).toEqual(
      expect.arrayContaining([
        'ExecStart=',
        `ExecStart=${process.execPath} ${bin} run -c /etc/warmspare/warmspare.yaml`,
        'ReadWritePaths=-/srv/nas2/etc',
        'ReadWritePaths=-/srv/iscsi2',
      ]),
    );
    // The primaries stay read-only, and the state is the unit's own.
    expect(installed(extra).match(/^ReadWritePaths=/gm)).toHaveLength(2);
    expect(stdout).toContain(`${unit}: written\n${extra}: written\n`);
    expect(stdout).toContain(`next: systemctl --root=${root} enable warmspare\n`);
  });

  it('changes nothing the second time', async () => {
    await service('install');
    const { exit, data } = await service('install --json');
    expect(exit).toBe(0);
    expect(data.files).toEqual([
      { path: unit, state: 'unchanged' },
      { path: extra, state: 'unchanged' },
    ]);
  });

  it('brings what it wrote for another configuration up to date, and leaves the drop-ins of others', async () => {
    await service('install');
    const own = join(folder, 'warmspare.service.d/own.conf');
    writeFileSync(own, '[Service]\nNice=5\n');
    const { data } = await service('install --json', GOOD.replace('/srv/iscsi2', '/srv/other'));
    expect(data.files).toEqual([
      { path: unit, state: 'unchanged' },
      { path: extra, state: 'written' },
    ]);
    expect(readFileSync(extra, 'utf8')).toContain('ReadWritePaths=-/srv/other\n');
    expect(readFileSync(own, 'utf8')).toContain('Nice=5');
  });

  it('tells which backup root is not there yet', async () => {
    mkdirSync(join(root, 'srv/iscsi2'), { recursive: true });
    expect((await service('install --json')).data.missing).toEqual(['/srv/nas2/etc']);
  });

  it.each([
    ['a unit of somebody else', () => writeFileSync(unit, '[Service]\nExecStart=/bin/true\n')],
    ['a unit that is masked', () => symlinkSync('/dev/null', unit)],
    ['a folder', () => mkdirSync(unit)],
  ])('refuses %s, and writes nothing', async (_, make) => {
    mkdirSync(folder, { recursive: true });
    make();
    for (const action of ['install', 'uninstall']) {
      const { exit, stderr } = await service(action);
      expect(exit).toBe(5);
      expect(stderr).toContain(`${unit} is there, and is not as warmspare service install wrote it`);
    }
    expect(existsSync(extra)).toBe(false);
  });

  it('refuses what it wrote and somebody edited, and writes nothing', async () => {
    await service('install');
    const edited = readFileSync(unit, 'utf8').replace('WatchdogSec=30s', 'WatchdogSec=0');
    writeFileSync(unit, edited);
    const { exit, stderr } = await service('install', GOOD.replace('/srv/iscsi2', '/srv/other'));
    expect([exit, stderr]).toEqual([5, expect.stringContaining('systemctl edit warmspare')]);
    expect(readFileSync(unit, 'utf8')).toBe(edited);
    expect(readFileSync(extra, 'utf8')).toContain('/srv/iscsi2');
  });

  it('refuses a wrong configuration, with its place', async () => {
    const { exit, stderr } = await service('install', GOOD.replace('backup:', 'bakcup:'));
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/warmspare\.yaml:5:\d+: error .*bakcup/)]);
    expect(existsSync(folder)).toBe(false);
  });

  it('says where to start without a configuration', async () => {
    const { host, said } = hostOf({ files: {} });
    expect(await run(['service', 'install', '--root', root], host)).toBe(2);
    expect(said.stderr).toMatch(/no such file[\s\S]*etc\/warmspare\.yaml/);
  });

  it('writes nothing with --dry-run', async () => {
    const { exit, stdout } = await service('install --dry-run');
    expect([exit, stdout]).toEqual([0, expect.stringContaining(`${unit}: to be written\n`)]);
    expect(existsSync(folder)).toBe(false);
  });

  it('says in words what it may not write', async () => {
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/systemd'), 'no folder');
    const { exit, stderr } = await service('install');
    expect([exit, stderr]).toEqual([1, expect.stringMatching(/error unwritable: .*(ENOTDIR|EEXIST)/)]);
  });
});

describe('service show', () => {
  it('prints what install writes, and writes nothing', async () => {
    const { exit, data } = await service('show --json');
    expect([exit, existsSync(folder)]).toEqual([0, false]);
    await service('install');
    expect(data.files).toEqual([
      { path: unit, text: installed(unit) },
      { path: extra, text: installed(extra) },
    ]);
    expect((await service('show')).stdout).toBe(
      `# ${unit}\n${installed(unit)}\n# ${extra}\n${installed(extra)}\n`,
    );
  });

  it.each([
    ['nothing', {}, undefined, undefined],
    ['homes', { primary: '/home/ann/nas1' }, 'read-only', undefined],
    ['homes, for the program', { program: '/root/.nvm/warmspare/bin/warmspare.js' }, 'read-only', undefined],
    ['/tmp', { backup: '/tmp/nas2' }, undefined, 'no'],
    ['both', { backup: '/var/tmp/nas2', node: '/home/ann/node' }, 'read-only', 'no'],
    [
      'nothing for what is only called like them',
      { primary: '/homes/ann', backup: '/tmpfs' },
      undefined,
      undefined,
    ],
  ])(
    'opens %s where something lies there',
    (_, { primary, backup, ...installation }: Lies, home, temporary) => {
      const text = dropIn(
        { node: '/usr/bin/node', program: '/usr/lib/warmspare/bin/warmspare.js', ...installation },
        configOf(GOOD.replace('/srv/nas1/etc', primary ?? '/a').replace('/srv/nas2/etc', backup ?? '/b')),
      );
      expect(/^ProtectHome=(.*)$/m.exec(text)?.[1]).toBe(home);
      expect(/^PrivateTmp=(.*)$/m.exec(text)?.[1]).toBe(temporary);
    },
  );

  it('lets a state of its own place be written', async () => {
    const { data } = await service('show --json', `state: /srv/state\n${GOOD}`);
    expect(data.files[1].text).toContain('ReadWritePaths=-/srv/state\n');
  });

  it('writes odd paths as systemd reads them', async () => {
    const { data } = await service(
      'show --json',
      GOOD.replace('/srv/nas2/etc', JSON.stringify('/srv/a "b" 100% $X \\c')),
    );
    expect(data.files[1].text).toContain('ReadWritePaths="-/srv/a \\"b\\" 100%% $X \\\\c"\n');
  });

  it('refuses a path that no unit can hold', async () => {
    const { exit, stderr } = await service('show', GOOD.replace('/srv/nas2/etc', '"/srv/a\\nb"'));
    expect([exit, stderr]).toEqual([2, expect.stringContaining('control character')]);
  });
});

describe('service uninstall', () => {
  it('removes what install wrote, and nothing else', async () => {
    await service('install');
    const own = join(folder, 'warmspare.service.d/own.conf');
    writeFileSync(own, '[Service]\n');
    const { exit, stdout } = await service('uninstall');
    expect([exit, stdout]).toEqual([0, `${unit}: removed\n${extra}: removed\n`]);
    expect([existsSync(unit), existsSync(extra), existsSync(own)]).toEqual([false, false, true]);
  });

  it('removes its folder, needs no configuration, and may be run again', async () => {
    await service('install');
    const { host } = hostOf({ files: {} });
    expect(await run(['service', 'uninstall', '--root', root], host)).toBe(0);
    expect(existsSync(join(folder, 'warmspare.service.d'))).toBe(false);
    const { exit, data } = await service('uninstall --json');
    expect(exit).toBe(0);
    expect(data.files).toEqual([
      { path: unit, state: 'not there' },
      { path: extra, state: 'not there' },
    ]);
  });

  it.runIf(existsSync('/usr/bin/systemctl'))(
    'leaves a unit that is enabled, and says how to go on',
    async () => {
      await service('install');
      const wants = join(folder, 'multi-user.target.wants');
      mkdirSync(wants);
      symlinkSync('/etc/systemd/system/warmspare.service', join(wants, 'warmspare.service'));
      const { exit, stderr } = await service('uninstall');
      expect(exit).toBe(5);
      expect(stderr).toContain(`systemctl --root=${root} disable warmspare`);
      expect(existsSync(unit)).toBe(true);
      rmSync(wants, { recursive: true });
      expect((await service('uninstall')).exit).toBe(0);
    },
  );
});
