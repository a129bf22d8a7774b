import { describe, expect, it } from 'vitest';
import { unaccounted } from '../../../src/core/apply/accounted.ts';
import { planFile } from '../../../src/core/apply/plan-file.ts';
import type { FormatName } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { formatNamed } from '../../../src/core/formats/registry.ts';
import type { IdentitySpec } from '../../../src/core/rewrite/identity.ts';
import { findResidue } from '../../../src/core/rewrite/residue.ts';
import { digest, rulesOf } from '../../support/rules.ts';

/** Which identifiers of the primary are right on the backup: where a swap put them, and nowhere else. */
const encode = (text: string) => new TextEncoder().encode(text);

const IDENTITY: IdentitySpec = {
  pairs: [
    { kind: 'hostname', primary: 'nas1', backup: 'nas2' },
    { kind: 'ipv4', primary: '10.0.0.1', backup: '10.0.1.1' },
  ],
  shared: [],
};

/** `before` and `after` are the primary's; `localize` is the backup's administrator. What is held, or the text. */
function planned(format: FormatName, before: string, after: string, localize: (base: string) => string) {
  const rules = rulesOf(IDENTITY, { format });
  const first = planFile({ path: 'f', primary: encode(before), local: undefined, deletedBefore: 0 }, rules);
  const base = first.text!;
  const known = { format, base: digest(base), file: digest(base), local: [], text: base };
  const local = encode(localize(base));
  const plan = planFile({ path: 'f', primary: encode(after), local, known, deletedBefore: 0 }, rules);
  return plan.held.length > 0 ? plan.held.map(each => `${each.failure}: ${each.at?.line}`) : plan.text;
}

const EXPORTS = '/srv/a nas2(rw) nas10(ro)\n/srv/b nas1(rw)\n/srv/c *(ro)\n/srv/d nas2(ro)\n';
const PEERS =
  'vrrp_instance VI_1 {\n    unicast_src_ip 10.0.0.1\n    unicast_peer {\n        10.0.1.1\n    }\n    priority 100\n}\nvrrp_sync a {\n    x 1\n}\n';
const change = (text: string) => text.replace('/srv/c *(ro)', '/srv/c *(rw)').replace('x 1', 'x 2');

describe('identifiers of the primary in merged text', () => {
  it('are right where a swap put them, also on a line that the backup changed', () => {
    const local = (base: string) => base.replace('/srv/a nas1(rw)', '/srv/a nas1(rw,sync)');
    expect(planned('lines', EXPORTS, change(EXPORTS), local)).toContain(
      '/srv/a nas1(rw,sync) nas10(ro)\n/srv/b nas2(rw)\n/srv/c *(rw)',
    );
    const busy = (base: string) => base.replace('priority 100', 'priority 50');
    expect(planned('block', PEERS, change(PEERS), busy)).toContain('unicast_src_ip 10.0.1.1');
  });

  it('are residue where the backup brought them in', () => {
    expect(planned('lines', EXPORTS, change(EXPORTS), base => `${base}/srv/own nas1(rw)\n`)).toEqual([
      'residue: 5',
    ]);
    expect(planned('lines', EXPORTS, change(EXPORTS), base => `${base}# see nas1\n`)).toEqual(['residue: 5']);
    const edited = (base: string) => base.replace('unicast_src_ip 10.0.1.1', 'unicast_src_ip 10.0.0.1');
    expect(planned('block', PEERS, change(PEERS), edited)).toEqual(['residue: 2']);
  });

  it('are not excused by a longer name on the line before', () => {
    const twice = (base: string) => base.replace('nas10(ro)', 'nas1(ro)');
    expect(planned('lines', EXPORTS, change(EXPORTS), twice)).toEqual(['residue: 1']);
  });

  it('are not excused by one that stood elsewhere in the same stretch', () => {
    const moved = (base: string) =>
      base.replace('        10.0.0.1\n', '').replace('priority 100', 'priority 100\n    track 10.0.0.1');
    expect(planned('block', PEERS, change(PEERS), moved)).toEqual([expect.stringMatching(/^residue/)]);
  });

  it('move with a line that the backup took out and put in again', () => {
    const moved = (base: string) =>
      base.replace('/srv/d nas1(ro)\n', '').replace('/srv/a', '/srv/d nas1(ro)\n/srv/a');
    expect(planned('lines', EXPORTS, change(EXPORTS), moved)).toContain('/srv/d nas1(ro)\n/srv/a');
  });

  it('are right in comments merged from both sides, but for those of the backup', () => {
    const base = '# peer nas2\n/srv/a *(ro)\n/srv/c *(ro)\n';
    const next = base.replace('# peer nas2\n', '# peer nas2\n# and nas2\n');
    const merged = '# mine\n# peer nas1\n# and nas1\n/srv/a *(ro)\n/srv/c *(ro)\n';
    expect(planned('lines', base, next, text => `# mine\n${text}`)).toBe(merged);
    expect(planned('lines', base, next, text => `# of nas1\n${text}`)).toEqual(['residue: 1']);
  });
});

describe('identifiers of the primary in one stretch of the backup’s own', () => {
  const rules = rulesOf(IDENTITY, { format: 'lines' });
  const search = (text: string) => {
    const document = formatNamed('lines').parse(text);
    if (isFailure(document)) throw new Error(document.message);
    return findResidue(document, rules.mapping, 'f');
  };
  const wrong = (base: string, local: string) =>
    unaccounted(search(local), [], [{ from: 'local', text: local, offset: 0, base }], search(base)).map(
      hit => local.slice(0, hit.span.start).split('\n').length,
    );
  const base = 'a nas1\nb x\nc nas1 nas1\nd y\n';

  it('are right on a line that stayed, moved, or was changed elsewhere', () => {
    expect(wrong(base, base)).toEqual([]);
    expect(wrong(base, 'own 1\nb x\nc nas1 nas1\nd y\na nas1\n')).toEqual([]);
    expect(wrong(base, base.replace('c nas1 nas1', 'c nas1 nas1 z'))).toEqual([]);
  });

  it('are residue once more often, or in another place', () => {
    expect(wrong(base, base.replace('c nas1 nas1', 'c nas1 nas1 nas1'))).toEqual([3]);
    expect(wrong(base, base.replace('a nas1', 'a z').replace('d y', 'd nas1'))).toEqual([4]);
    expect(wrong(base, `${base}a nas1\n`)).toEqual([5]);
  });
});
