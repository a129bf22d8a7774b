import { describe, expect, it } from 'vitest';
import { renderFailure } from '../../src/cli/report/failure.ts';
import { widthOf } from '../../src/cli/report/width.ts';
import type { Failure, Place } from '../../src/core/failure.ts';

const plain = { colour: false, cwd: '/w' };
const failureAt = (at: Place, more: Partial<Failure> = {}): Failure => ({
  failure: 'config-unknown-key',
  message: 'unknown key "inclde"',
  at,
  ...more,
});

/** The source line and what stands under it. */
function excerptOf(at: Place): string[] {
  return renderFailure(failureAt(at), plain).split('\n').slice(1, 3);
}

describe('renderFailure', () => {
  it('shows place, line, caret and hint', () => {
    const at = { file: '/w/warmspare.yaml', line: 12, column: 5, source: '    inclde: [exports]', length: 6 };
    expect(renderFailure(failureAt(at, { hint: 'did you mean "include"?' }), plain)).toBe(
      [
        'warmspare.yaml:12:5: error config-unknown-key: unknown key "inclde"',
        '        inclde: [exports]',
        '        ^^^^^^',
        '  hint: did you mean "include"?',
        '',
      ].join('\n'),
    );
  });

  it('shows the other places too', () => {
    const also = [{ file: '/w/warmspare.yaml', line: 2, column: 1, source: 'a: 1', length: 1 }];
    const at = { file: '/w/warmspare.yaml', line: 3, column: 1, source: 'a: 2', length: 1 };
    expect(renderFailure(failureAt(at, { also }), plain)).toBe(
      [
        'warmspare.yaml:3:1: error config-unknown-key: unknown key "inclde"',
        '    a: 2',
        '    ^',
        '  also warmspare.yaml:2:1:',
        '    a: 1',
        '    ^',
        '',
      ].join('\n'),
    );
  });

  it('keeps tabs, so that the caret stands under its column at any tab width', () => {
    expect(excerptOf({ line: 1, column: 4, source: '\ta\tbc', length: 2 })).toEqual([
      '    \ta\tbc',
      '    \t \t^^',
    ]);
  });

  it('counts wide characters as two columns, combining ones as none', () => {
    expect(excerptOf({ line: 1, column: 5, source: '名前: x', length: 1 })).toEqual([
      '    名前: x',
      '          ^',
    ]);
    expect(excerptOf({ line: 1, column: 3, source: 'e\u0301x', length: 1 })[1]).toBe('     ^');
    expect(excerptOf({ line: 1, column: 3, source: '💾x', length: 1 })[1]).toBe('      ^');
    expect(excerptOf({ line: 1, column: 1, source: '名前', length: 2 })[1]).toBe('    ^^^^');
  });

  it('shows one caret for a place without length, and past the end of the line', () => {
    expect(excerptOf({ line: 1, column: 3, source: 'ab' })).toEqual(['    ab', '      ^']);
  });

  it('cuts a long line around its caret', () => {
    const source = `${'a'.repeat(500)}bad${'c'.repeat(500)}`;
    const [line, caret] = excerptOf({ line: 1, column: 501, source, length: 3 });
    expect(line!.length).toBeLessThan(170);
    expect(line!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1)).toBe('bad');
    expect(line).toMatch(/^ {4}….*…$/);
  });

  it('masks secrets, and moves the caret with the text', () => {
    const source = 'password: hunter2hunter2 # bad';
    const out = renderFailure(
      failureAt({ line: 1, column: 11, source, length: 14 }, { message: 'password=hunter2hunter2 is bad' }),
      plain,
    );
    expect(out).not.toContain('hunter2');
    const flow = '{user: a, password: hunter2hunter2, prt: 1}';
    const [line, caret] = excerptOf({ line: 1, column: flow.indexOf('prt') + 1, source: flow, length: 3 });
    expect(line).toBe('    {user: a, password: ••••••, prt: 1}');
    expect(line!.slice(caret!.indexOf('^'), caret!.lastIndexOf('^') + 1)).toBe('prt');
    const [masked, under] = excerptOf({ line: 1, column: 24, source: flow, length: 2 });
    expect(masked!.slice(under!.indexOf('^'), under!.lastIndexOf('^') + 1)).toBe('••••••');
  });

  it('makes escape sequences harmless', () => {
    const out = renderFailure(
      failureAt(
        { file: '/w/a\u001b[2J.conf', line: 1, column: 1, source: 'a\u001b[31mb\u202ec' },
        { message: 'x\u001b]0;t\u0007\ny' },
      ),
      plain,
    );
    expect(out).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(out.split('\n')[0]).toContain('x\ufffd]0;t\ufffd y');
  });

  it('names the program where no file is at fault, and a file outside by its whole path', () => {
    expect(renderFailure({ failure: 'usage', message: 'm' }, plain)).toBe('warmspare: error usage: m\n');
    expect(renderFailure(failureAt({ file: '/etc/x' }), plain)).toMatch(/^\/etc\/x: error/);
  });

  it('has colour on request only, and a severity', () => {
    const failure: Failure = { failure: 'empty', message: 'm' };
    expect(renderFailure(failure, { ...plain, severity: 'held' })).toBe('warmspare: held empty: m\n');
    expect(renderFailure(failure, { ...plain, colour: true })).toContain('\u001b[');
  });
});

describe('widthOf', () => {
  it('is what a terminal shows', () => {
    expect(['', 'abc', '名', 'é', 'e\u0301', '💾', 'ｱ', '\u200b'].map(widthOf)).toEqual([
      0, 3, 2, 1, 1, 2, 1, 0,
    ]);
  });
});
