import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { checkConfig } from '../../src/config/check.ts';
import { loadConfig } from '../../src/config/load.ts';
import { GOOD, hostOf } from '../cli/run-world.ts';

const ETC = fileURLToPath(new URL('../../etc/', import.meta.url));
const OWN_USER = 'warmspare.service.d/own-user.conf';
const SHIPPED = readFileSync(join(ETC, 'warmspare.service'), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'warmspare-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A folder with the unit, changed by `change`, and the drop-in where wanted. */
function unit(change: (text: string) => string = text => text, ...dropIns: string[]): string {
  mkdirSync(join(folder, 'warmspare.service.d'), { recursive: true });
  writeFileSync(join(folder, 'warmspare.service'), change(SHIPPED));
  for (const name of dropIns) cpSync(join(ETC, name), join(folder, name));
  return join(folder, 'warmspare.service');
}

/** systemd-analyze on a unit. Its exit code does not tell a misspelt key: what it says must be nothing, too. */
function analyze(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The program need not be installed where the unit is looked at. */
const runnable = (text: string) => text.replace('/usr/local/bin/warmspare', process.execPath);

describe.runIf(existsSync('/usr/bin/systemd-analyze'))('the unit', () => {
  it('is right, with and without its drop-in', () => {
    expect(analyze('verify', unit(runnable))).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(analyze('verify', unit(runnable, OWN_USER))).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('is right as service install writes it, odd paths and all', async () => {
    const odd = '/srv/a "b" 100% $HOME \\c';
    const files = {
      [join(folder, 'etc/warmspare/w.yaml')]: GOOD.replace('/srv/nas2/etc', JSON.stringify(odd)),
    };
    const { host } = hostOf({ files });
    const line = ['service', 'install', '--root', folder, '-c', '/etc/warmspare/w.yaml'];
    expect(await run(line, host)).toBe(0);
    const installed = join(folder, 'etc/systemd/system/warmspare.service');
    expect(analyze('verify', installed)).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it.each([
    ['a misspelt key', 'WatchdogSec=', 'WatchdogSecs=', /'WatchdogSecs'/],
    ['a word that is none', 'Type=notify', 'Type=notified', /notified/],
    ['a program that is not there', process.execPath, '/nowhere/warmspare', /not executable/],
    ['a group of system calls that is none', '~@privileged', '~@priviledged', /@priviledged/],
  ])('would be seen to have %s', (_, right, wrong, said) => {
    const broken = unit(text => runnable(text).replace(right, wrong));
    const { status, stderr } = analyze('verify', broken);
    expect(status !== 0 || stderr !== '').toBe(true);
    expect(stderr).toMatch(said);
  });

  it.each([
    ['as it is shipped', 'warmspare.service', []],
    ['as a user of its own', OWN_USER, [OWN_USER]],
  ])('is as closed as its comment says, %s', (title, file, dropIns) => {
    const text = readFileSync(join(ETC, file), 'utf8');
    const [, told] = /(\d\.\d) \(OK\)/.exec(text)!;
    const [, threshold] = /--threshold=(\d+)/.exec(text)!;
    const path = unit(undefined, ...dropIns);
    const score = (limit: string) =>
      analyze('security', '--offline=true', '--no-pager', `--threshold=${limit}`, path);
    const { status, stdout } = score(threshold!);
    const [, measured] = /exposure level for warmspare\.service: (\d+\.\d)/.exec(stdout)!;
    console.log(`systemd-analyze security, ${title}: ${measured}`);
    // The measure differs a little from one systemd to the next; it must not be worse than is said.
    expect(Number(measured)).toBeLessThanOrEqual(Number(told));
    expect([status, Number(threshold) / 10]).toEqual([0, Number(told)]);
    expect(score('5').status).not.toBe(0);
  });

  it('is open without its sandbox', () => {
    const bare = unit(() => `[Service]\nExecStart=${process.execPath}\n`);
    expect(analyze('security', '--offline=true', '--no-pager', bare).stdout).toMatch(/: 9\.\d UNSAFE/);
  });
});

describe('every line of the sandbox', () => {
  it.each(['warmspare.service', OWN_USER])('is explained above it in %s', name => {
    const lines = readFileSync(join(ETC, name), 'utf8').split('\n');
    const service = lines.slice(lines.indexOf('[Service]') + 1);
    const settings = service.filter(line => /^\w+=/.test(line));
    expect(settings.length).toBeGreaterThan(5);
    const LIFE =
      /^(ExecStart|Environment|Group|AmbientCapabilities|StateDirectoryMode|LimitCORE|Timeout\w+|TasksMax)=/;
    const alone = settings.filter(line => {
      const above = service[service.indexOf(line) - 1] ?? '';
      return !above.startsWith('# ') && !above.startsWith(`${line.split('=')[0]}=`) && !LIFE.test(line);
    });
    expect(alone).toEqual([]);
  });
});

describe('the example configuration', () => {
  it('is right, and names what it shows', () => {
    const file = join(ETC, 'warmspare.yaml');
    const loaded = loadConfig(readFileSync(file), file, { ...hostOf().host.machine, uid: 0 });
    if (Array.isArray(loaded)) throw new Error(JSON.stringify(loaded));
    expect(checkConfig(loaded.config)).toEqual([]);
    expect(loaded.config.relationships.map(({ name }) => name)).toEqual(['nas1-to-nas2']);
    expect(loaded.config.state).toBe('/var/lib/warmspare');
  });

  it('comes with the package', () => {
    const { files } = JSON.parse(readFileSync(join(ETC, '../package.json'), 'utf8'));
    expect(files).toContain('etc');
    const schema = /\$schema=(\S+)/.exec(readFileSync(join(ETC, 'warmspare.yaml'), 'utf8'))![1]!;
    expect(existsSync(join(ETC, schema))).toBe(true);
  });
});
