import { spawn } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Clone } from './clone.ts';

let clone: Clone;
beforeAll(() => {
  clone = new Clone();
  clone.run('start.js');
  mkdirSync(join(clone.root, 'elsewhere'));
});
afterAll(() => clone.remove());

describe('npm start', () => {
  it('runs the demo', () => {
    expect(JSON.parse(clone.run('start.js').stdout)[1]).toEqual(['demo']);
  });

  it('hands over arguments and exit code, and keeps stdout to the command', () => {
    const { exit, stdout } = clone.run('start.js', ['diff', '--json', 'a b']);
    expect(exit).toBe(5);
    expect(stdout).toBe(`${JSON.stringify([realpathSync(clone.root), ['diff', '--json', 'a b']])}\n`);
  });

  it('reads paths from where npm was called, and only under npm start', () => {
    const elsewhere = realpathSync(join(clone.root, 'elsewhere'));
    const called = { npm_lifecycle_event: 'start', INIT_CWD: elsewhere };
    expect(JSON.parse(clone.run('start.js', ['x'], called).stdout)[0]).toBe(elsewhere);
    const other = { ...called, npm_lifecycle_event: 'test' };
    expect(JSON.parse(clone.run('start.js', ['x'], other).stdout)[0]).toBe(realpathSync(clone.root));
    expect(JSON.parse(clone.run('start.js', ['x'], called, '/').stdout)[0]).toBe('/');
  });

  it('lets signals through to the command', async () => {
    clone.write(
      'bin/warmspare.js',
      `process.on('SIGINT', () => process.exit(130)); setInterval(() => {}, 1e6); console.log('up');`,
    );
    const child = spawn(process.execPath, [join(clone.root, 'scripts/start.js'), 'run'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise(up => child.stdout.once('data', up));
    const ended = new Promise(exit => child.once('exit', exit));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
  });
});
