import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/cli/commands/command.ts';
import { exitTable, worst } from '../../src/cli/exit.ts';
import { VERSION } from '../../src/cli/version.ts';
import { FailureError } from '../../src/core/failure.ts';
import { GOOD, runLine } from './run-world.ts';

describe('arguments', () => {
  it('hands all relationships to a command when none is named', async () => {
    const { exit, context } = await runLine('check');
    expect(exit).toBe(0);
    expect(context?.relationships.map(({ name }) => name)).toEqual(['nas1-to-nas2', 'iscsi']);
  });

  it('hands over those that are named, in the order of the configuration', async () => {
    const { context } = await runLine('status iscsi');
    expect(context?.relationships.map(({ name }) => name)).toEqual(['iscsi']);
  });

  it.each([
    ['diff --out plan.json --show-secrets', { out: '/w/plan.json', showSecrets: true }],
    ['update --plan /p/plan.json --reason why', { plan: '/p/plan.json', reason: 'why' }],
    ['update --dry-run --baseline take-primary', { dryRun: true, baseline: 'take-primary' }],
    ['update --baseline keep-local iscsi', { baseline: 'keep-local' }],
    ['undo --baseline', { baseline: true }],
    ['status --json', { json: true }],
    ['--json status', { json: true }],
  ])('reads %s', async (line, options) => {
    const { exit, context } = await runLine(line);
    expect(exit).toBe(0);
    expect(context?.options).toEqual(options);
  });

  it.each([
    ['explain samba/smb.conf /global/workgroup', { file: 'samba/smb.conf', place: '/global/workgroup' }],
    ['explain exports', { file: 'exports' }],
    ['approve 3f9c', { id: '3f9c' }],
    ['reject 3f9c --reason x', { id: '3f9c' }],
    ['undo', {}],
    ['undo 3f9c', { id: '3f9c' }],
  ])('takes the operands of %s', async (line, operands) => {
    expect((await runLine(line)).context?.operands).toEqual(operands);
  });

  it('finds the configuration from -c before and behind the command', async () => {
    const world = { files: { '/w/other/a.yaml': GOOD } };
    expect((await runLine('-c other/a.yaml check', world)).context?.config?.file).toBe('/w/other/a.yaml');
    expect((await runLine('check -c /w/other/a.yaml', world)).context?.config?.file).toBe('/w/other/a.yaml');
  });

  it('needs no configuration for demo', async () => {
    const { exit, context } = await runLine('demo', { files: {} });
    expect([exit, context?.config]).toEqual([0, undefined]);
  });

  it('masks by the configuration, and not with --show-secrets', async () => {
    const files = { '/w/warmspare.yaml': `secrets: [license*]\n${GOOD}` };
    const masked = (await runLine('diff', { files })).context;
    expect(masked?.mask('license_id = abc\npassword = x')).toBe('license_id = ••••••\npassword = ••••••');
    const shown = (await runLine('diff --show-secrets', { files })).context;
    expect(shown?.mask('license_id = abc')).toBe('license_id = abc');
  });
});

describe('wrong usage', () => {
  it.each([
    ['chek', 'warmspare: error usage: unknown command "chek"\n  hint: did you mean "check"?\n'],
    ['check --jsno', 'warmspare: error usage: unknown option "--jsno"\n  hint: did you mean "--json"?\n'],
    [
      'update --dryrun',
      'warmspare: error usage: unknown option "--dryrun"\n  hint: did you mean "--dry-run"?\n',
    ],
    [
      'check iscs',
      'warmspare: error usage: there is no relationship "iscs"\n  hint: did you mean "iscsi"?\n',
    ],
    ['approve', 'warmspare: error usage: missing required argument "id"\n  hint: run warmspare --help\n'],
    ['check --reason x', 'warmspare: error usage: unknown option "--reason"\n  hint: run warmspare --help\n'],
    [
      'update --baseline both',
      'warmspare: error usage: option "--baseline <how>" argument "both" is invalid. Allowed choices are take-primary, keep-local\n  hint: run warmspare --help\n',
    ],
    ['verify --mend', 'warmspare: error usage: unknown option "--mend"\n  hint: run warmspare --help\n'],
    [
      'break --at /etc -c warmspare.yaml',
      'warmspare: error usage: --at works on the backup alone, without a configuration file\n  hint: leave out one of --at and --config\n',
    ],
    [
      'resync --reverse --orphans both',
      'warmspare: error usage: option "--orphans <fate>" argument "both" is invalid. Allowed choices are keep, drop\n  hint: run warmspare --help\n',
    ],
  ])('%s: exit 2', async (line, stderr) => {
    const result = await runLine(line);
    expect(result.stderr).toBe(stderr);
    expect([result.exit, result.stdout, result.context]).toEqual([2, '', undefined]);
  });

  it('without a command shows the help on stderr and exits 2', async () => {
    for (const line of ['', '-c x.yaml']) {
      const { exit, stdout, stderr } = await runLine(line);
      expect([exit, stdout]).toEqual([2, '']);
      expect(stderr).toContain('Commands:');
      expect(stderr).toContain('error usage: no command given');
    }
  });

  it('is one JSON object with --json', async () => {
    const { exit, stdout, stderr } = await runLine('chek --json');
    expect([exit, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      exit: 2,
      failures: [{ failure: 'usage', severity: 'error' }],
    });
  });

  it('a missing configuration file: exit 2, and how to name one', async () => {
    const { exit, stderr } = await runLine('check -c nowhere.yaml', { files: {} });
    expect(exit).toBe(2);
    expect(stderr).toBe(
      'nowhere.yaml: error config-missing: cannot read the configuration file: there is no such file\n  hint: name the file with -c FILE\n',
    );
  });
});

/** Commands that change something take a reason for the history. */
const CHANGING: readonly string[] = [
  ...['update', 'verify', 'approve', 'reject', 'undo', 'pause'],
  ...['break', 'activate', 'resync', 'release', 'cluster'],
];

describe('help', () => {
  it('is on stdout with exit 0, and tells every command and every exit code', async () => {
    const { exit, stdout, stderr } = await runLine('--help');
    expect([exit, stderr]).toEqual([0, '']);
    for (const name of COMMAND_NAMES) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    expect(stdout).toContain(exitTable());
    for (const code of [0, 1, 2, 3, 4, 5, 6, 7, 130])
      expect(stdout).toMatch(new RegExp(`^ +${code}  \\w`, 'm'));
  });

  it.each(COMMAND_NAMES)('of %s has examples, the global options and the exit codes', async name => {
    const { exit, stdout } = await runLine(`${name} --help`);
    expect(exit).toBe(0);
    expect(stdout).toContain(`  $ warmspare ${name}`);
    expect(stdout).toContain('--config <file>');
    expect(stdout).toContain(exitTable());
    expect(stdout.includes('--reason')).toBe(CHANGING.includes(name));
  });

  it('has examples that are right', async () => {
    const files = {
      '/w/warmspare.yaml': GOOD,
      '/etc/warmspare.yaml': GOOD,
      '/etc/warmspare/warmspare.yaml': GOOD,
    };
    for (const name of COMMAND_NAMES) {
      const { stdout } = await runLine(`${name} --help`);
      const lines = [...stdout.matchAll(/^ {2}\$ warmspare ([^|\n]*)/gm)].map(match => match[1]!);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) {
        const { exit, stderr } = await runLine(line.replace(/"[^"]*"/, 'text').trim(), { files });
        expect([line, exit, stderr]).toEqual([line, line.includes('--watch') ? 130 : 0, '']);
      }
    }
  });

  it('tells the version', async () => {
    expect(await runLine('--version')).toMatchObject({ exit: 0, stdout: `${VERSION}\n` });
  });
});

describe('the end', () => {
  it('is what the command says', async () => {
    expect((await runLine('verify', {}, async () => 3)).exit).toBe(3);
  });

  it('of a thrown failure is reported with its exit code', async () => {
    const { exit, stderr } = await runLine('update', {}, async () => {
      throw new FailureError({ failure: 'plan-moved', message: 'the backup has moved since the plan' });
    });
    expect([exit, stderr]).toEqual([5, 'warmspare: error plan-moved: the backup has moved since the plan\n']);
  });

  it('of a bug has no stack trace and says how to get one', async () => {
    const bug = async () => {
      throw new TypeError('password=hunter2 is undefined');
    };
    const { exit, stderr, stdout } = await runLine('update', {}, bug);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'warmspare: error internal: unexpected: password=••••••\n  hint: run it again with WARMSPARE_DEBUG=1\n',
    );
    const debug = await runLine('update', { env: { WARMSPARE_DEBUG: '1' } }, bug);
    expect(debug.stderr).toMatch(/^ +at /m);
    expect(debug.stderr).not.toContain('hunter2');
  });

  it('of an interruption is 130, although the command goes on', async () => {
    const interruption = new AbortController();
    const { exit } = await runLine('update', { signal: interruption.signal }, () => {
      interruption.abort();
      return new Promise(() => {});
    });
    expect(exit).toBe(130);
  });

  it('is one JSON object with the fields of the command', async () => {
    const { stdout, stderr } = await runLine('status --json', {}, async ({ report }) => {
      report.print('for people');
      report.set('rows', [1]);
      report.fail({ failure: 'empty', message: 'm', at: { source: 'password = x1' } }, 'held');
      return 4;
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      command: 'status',
      version: VERSION,
      exit: 4,
      failures: [{ severity: 'held', failure: 'empty', message: 'm', at: { source: 'password = ••••••' } }],
      rows: [1],
    });
  });

  it('of several relationships is the worst', () => {
    expect(worst([0, 7, 3, 6, 4, 5, 1, 2])).toBe(2);
    expect(worst([0, 7, 3, 6, 4, 5, 1])).toBe(1);
    expect(worst([0, 7, 3, 6, 4, 5])).toBe(5);
    expect(worst([0, 7, 3, 6, 4])).toBe(4);
    expect(worst([0, 7, 3, 6])).toBe(6);
    expect(worst([0, 7, 3])).toBe(3);
    expect(worst([0, 7])).toBe(7);
    expect(worst([])).toBe(0);
  });
});
