import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileInput, FileRules } from '../../../../src/core/apply/file-input.ts';
import type { FilePlan } from '../../../../src/core/apply/plan.ts';
import { planFile } from '../../../../src/core/apply/plan-file.ts';
import { type Proven, planRegion, prove, type RegionPlan } from '../../../../src/core/apply/plan-region.ts';
import type { Branch } from '../../../../src/core/apply/region/outline.ts';
import { canonical } from '../../../../src/core/change/align.ts';
import { applyPatch } from '../../../../src/core/change/patch.ts';
import { applyEdits, type FormatName, type Json } from '../../../../src/core/document.ts';
import { isFailure } from '../../../../src/core/failure.ts';
import { formatNamed } from '../../../../src/core/formats/registry.ts';
import { type IdentitySpec, KINDS, type Swap } from '../../../../src/core/rewrite/identity.ts';
import { compileMapping } from '../../../../src/core/rewrite/mapping.ts';
import { runs } from '../../../runs.ts';
import { IDENTITY } from '../../law/model.ts';
import { EDITS } from './edits.ts';
import { fileOf } from './files.ts';
import { ORDINARY } from './ordinary.ts';
import { Tape } from './tape.ts';

const digest = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

/** Counterparts of another length, so that the two texts lie nowhere side by side. */
const LONGER: Readonly<Record<string, string>> = {
  nas1: 'standby-nas2',
  '10.0.0.1': '10.10.10.19',
  '/srv/nas1/data': '/d',
};

const UNEVEN: IdentitySpec = {
  ...IDENTITY,
  pairs: IDENTITY.pairs.map(pair => ({ ...pair, backup: LONGER[pair.primary] ?? pair.backup })),
};

export function rulesOf(spec: IdentitySpec = UNEVEN, more: Partial<FileRules> = {}): FileRules {
  const { mapping, failures } = compileMapping(spec);
  if (mapping === undefined) throw new Error(failures[0]?.message);
  const unmapped = Object.fromEntries(
    KINDS.map(kind => [kind, kind === 'mac' ? 'hold' : 'warn']),
  ) as FileRules['unmapped'];
  return {
    relationship: 'r',
    mapping,
    rewrite: 'swap',
    preserve: [],
    conflict: 'hold',
    mode: 'auto',
    unmapped,
    guard: { max: 5, percent: 20 },
    digest,
    ...more,
  };
}

/** A file that was replicated: what the ledger and both sides hold. */
export interface Replicated {
  readonly path: string;
  readonly format: FormatName;
  readonly base: string;
}

export function inputOf({ path, format, base }: Replicated, primary: string): FileInput {
  const hash = digest(base);
  return {
    path,
    primary: new TextEncoder().encode(primary),
    local: new TextEncoder().encode(base),
    known: { format, base: hash, file: hash, local: [], text: base },
    deletedBefore: 0,
  };
}

/** The file as first replicated, and what is proven of it; undefined where the first pass holds it. */
export function replicate(
  path: string,
  format: FormatName,
  primary: string,
  rules: FileRules,
): { readonly at: Replicated; readonly proven: Proven | undefined } | undefined {
  const bytes = new TextEncoder().encode(primary);
  const input = { path, primary: bytes, local: undefined, deletedBefore: 0 };
  const plan = planFile(input, { ...rules, format });
  if (plan.held.length > 0 || plan.text === undefined) return undefined;
  return { at: { path, format, base: plan.text }, proven: prove(input, { ...rules, format }, plan) };
}

function valueIn(format: FormatName, text: string): Json {
  const document = formatNamed(format).parse(text);
  if (isFailure(document)) throw new Error(document.message);
  return document.value;
}

/** That a plan made from a part is the plan made from all. */
export function expectSame(part: FilePlan<string>, whole: FilePlan<string>, format: FormatName): void {
  const own = ({ swaps, notes, edits, patch, ...rest }: FilePlan<string>) => rest;
  expect(own(part)).toEqual(own(whole));
  expect(part.held).toEqual([]);
  if (whole.text !== undefined && whole.was !== undefined) {
    expect(applyEdits(whole.was, part.edits)).toBe(whole.text);
    const patched = applyPatch(valueIn(format, whole.was), part.patch);
    expect(isFailure(patched) ? patched : canonical(patched)).toBe(canonical(valueIn(format, whole.text)));
  }
  const told = new Set(whole.swaps.map(swap => JSON.stringify(swap)));
  for (const swap of part.swaps) expect([...told]).toContain(JSON.stringify(swap));
  const noted = whole.notes.map(note => `${note.sort} ${note.kind} ${note.found} ${note.suggestion}`);
  for (const note of part.notes) {
    expect(noted).toContain(`${note.sort} ${note.kind} ${note.found} ${note.suggestion}`);
    expect(part.base!.slice(note.span.start, note.span.end)).toContain(note.found.slice(0, 1));
  }
}

/** That what was carried on is what a new whole pass would show. Only how finely it is kept may differ. */
function expectCarried(carried: Proven, anew: Proven | undefined, whole: FilePlan<string>): void {
  const counted = ({ primary, replicated, hash, settings, stars, told }: Proven) => [
    primary,
    replicated,
    hash,
    settings,
    stars,
    told?.tally,
  ];
  expect(anew && counted(anew)).toEqual(counted(carried));
  const places = placesIn(carried.root);
  expect(places.at(-1)).toEqual([carried.primary.length, carried.replicated.length]);
  expect(places).toEqual(places.map(([at]) => [at, replicatedAt(at, whole.swaps)]));
}

/** Every border of the outline, in either text. */
function placesIn(branch: Branch, from: readonly [number, number] = [0, 0]): [number, number][] {
  const { items, lead, head, tail } = branch;
  let at: [number, number] = [from[0], from[1]];
  const places: [number, number][] = [];
  const step = (primary: number, replicated: number) => {
    at = [at[0] + primary, at[1] + replicated];
    places.push(at);
  };
  step(lead.primary, lead.replicated);
  step(head.primary, head.replicated);
  items.branches.forEach((below, i) => {
    if (below !== undefined) {
      const inner = placesIn(below, at);
      places.push(...inner);
      expect(inner.at(-1)).toEqual([at[0] + items.primary[i]!, at[1] + items.replicated[i]!]);
    }
    step(items.primary[i]!, items.replicated[i]!);
  });
  step(tail.primary, tail.replicated);
  return places;
}

/** Where a place of the primary's text lies in the backup's, as the swaps before it tell. */
function replicatedAt(at: number, swaps: readonly Swap[]): number {
  return swaps.reduce(
    (place, { from, to }) => (from.end <= at ? place + (to.end - to.start) - (from.end - from.start) : place),
    at,
  );
}

/** A pass over a change, both ways; the region's answer, and what holds after it. */
export function passes(
  at: Replicated,
  primary: string,
  rules: FileRules,
  proven: Proven,
): { readonly region: RegionPlan | undefined; readonly whole: FilePlan<string> } {
  const input = inputOf(at, primary);
  const own = { ...rules, format: at.format };
  const region = planRegion(input, own, proven);
  const whole = planFile(input, own);
  if (region !== undefined) {
    expectSame(region.plan, whole, at.format);
    expect(region.proven.replicated).toBe(whole.base);
    expect(region.proven.primary).toBe(primary);
  }
  return { region, whole };
}

const PATHS: Record<FormatName, string> = {
  json: 'a.json',
  yaml: 'a.yaml',
  toml: 'a.toml',
  ini: 'a.ini',
  block: 'a.conf',
  lines: 'exports',
};

const tapes = (length: number) => fc.array(fc.nat(9999), { minLength: length, maxLength: length });

/** How often each ordinary edit of a format must be planned from its part, in percent. */
export type Floors = Readonly<Record<keyof typeof ORDINARY, number>>;

export function regionLawOf(format: FormatName, floors: Floors): void {
  describe(`planning from a part, ${format}`, () => {
    const rules = rulesOf();
    const path = PATHS[format];

    it('gives the plan of the whole pass, or none, change after change', () => {
      const shares = { steps: 0, planned: 0, held: 0 };
      const sorts = Object.keys(EDITS);
      const step = fc.record({ sort: fc.constantFrom(...sorts), tape: tapes(8) });
      fc.assert(
        fc.property(tapes(160), fc.array(step, { minLength: 1, maxLength: 5 }), (numbers, steps) => {
          let text = fileOf(format, new Tape(numbers));
          const first = replicate(path, format, text, rules);
          if (first === undefined) return;
          let { at, proven } = first;
          for (const { sort, tape } of steps) {
            if (proven === undefined) break;
            const next = EDITS[sort]!(text, new Tape(tape));
            const { region, whole } = passes(at, next, rules, proven);
            shares.steps++;
            if (region !== undefined) shares.planned++;
            if (whole.held.length > 0) shares.held++;
            if (whole.held.length > 0 || whole.base === undefined || whole.action === 'delete') continue;
            // What comes next goes on from what the part has shown, not from a new whole pass.
            const anew = prove(inputOf(at, next), { ...rules, format }, whole);
            if (region !== undefined) expectCarried(region.proven, anew, whole);
            proven = region?.proven ?? anew;
            at = { ...at, base: whole.base };
            text = next;
          }
        }),
        runs(400),
      );
      const percent = (part: number) => Math.round((100 * part) / shares.steps);
      console.log(
        `region ${format}: ${shares.steps} changes, ${percent(shares.planned)} % from a part, ${percent(shares.held)} % held`,
      );
      expect(percent(shares.planned)).toBeGreaterThanOrEqual(25);
      expect(shares.held).toBeGreaterThan(0);
    });

    it('plans ordinary edits from a part', () => {
      const said: string[] = [];
      const short: string[] = [];
      for (const [sort, edit] of Object.entries(ORDINARY)) {
        const counts = { cases: 0, planned: 0 };
        fc.assert(
          fc.property(tapes(160), tapes(8), (numbers, tape) => {
            const text = fileOf(format, new Tape(numbers));
            const first = replicate(path, format, text, rules);
            if (first === undefined) return;
            const next = edit(text, format, new Tape(tape));
            if (next === undefined || next === text) return;
            if (first.proven === undefined) {
              counts.cases++;
              return;
            }
            const { region, whole } = passes(first.at, next, rules, first.proven);
            if (whole.held.length > 0) return;
            counts.cases++;
            if (region !== undefined) counts.planned++;
          }),
          runs(60),
        );
        if (counts.cases === 0) continue;
        const share = Math.round((100 * counts.planned) / counts.cases);
        said.push(`${sort} ${share} % of ${counts.cases}`);
        if (share < floors[sort as keyof Floors]) short.push(`${sort} ${share} %`);
      }
      console.log(`region ${format}, from a part: ${said.join(', ')}`);
      expect(short).toEqual([]);
    });
  });
}
