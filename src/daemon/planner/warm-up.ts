import { sha256 } from '../../connectors/file/source.ts';
import { turn } from '../../connectors/file/turn.ts';
import type { FileInput, FileRules } from '../../core/apply/file-input.ts';
import { planFile } from '../../core/apply/plan-file.ts';
import { concluded } from '../../core/apply/plan-region.ts';
import { KINDS, type Kind } from '../../core/rewrite/identity.ts';
import { compileMapping } from '../../core/rewrite/mapping.ts';
import type { RegionPass } from './regions.ts';

/** Changes planned of each sample: about when the compiler has made machine code of what they run through. */
const ROUNDS = 400;

const ENTRIES = Array.from({ length: 40 }, (_, i) => i);

/** By turns in one entry and in the next: what was planned last is the quicker way. */
const sizeOf = (i: number, number: number) => (i === 20 || i === 21 ? number - ((number - i) % 2) : i);

/** A small file of each format that saves come in, with change `number` in the middle of it. */
const SAMPLES: readonly (readonly [name: string, text: (number: number) => string])[] = [
  [
    'a.yaml',
    number =>
      `pools:\n${ENTRIES.map(i => `  - name: pool${i}\n    host: here\n    portal: 192.0.2.1:3260\n    size: ${sizeOf(i, number)}\n`).join('')}`,
  ],
  [
    'a.conf',
    number =>
      `[global]\n  netbios name = HERE\n${ENTRIES.map(i => `[share${i}]\n  path = /srv/${sizeOf(i, number)}\n  hosts allow = 192.0.2.1\n`).join('')}`,
  ],
  [
    'a.json',
    number =>
      JSON.stringify(
        {
          targets: ENTRIES.map(i => ({
            name: `t${i}`,
            host: 'here',
            portal: '192.0.2.1',
            size: sizeOf(i, number),
          })),
        },
        null,
        2,
      ),
  ],
  ['exports', number => ENTRIES.map(i => `/srv/${sizeOf(i, number)} 192.0.2.1(rw) here(ro)\n`).join('')],
];

/**
 * Plans some made-up changes, so that the first real save after a start does not find code that has never
 * run: it would take ten times as long. Gives way to all else after each of them.
 */
export async function warmUp<Proven>(pass: RegionPass<Proven>): Promise<void> {
  const rules = sampleRules();
  for (const [path, text] of SAMPLES) {
    await turn();
    const first: FileInput = { path, primary: bytesOf(text(100)), local: undefined, deletedBefore: 0 };
    const plan = planFile(first, rules);
    let proven = pass.prove(first, rules, plan);
    let replicated = plan.text;
    for (let number = 101; number < 100 + ROUNDS && proven !== undefined; number++) {
      if (replicated === undefined || plan.format === undefined) break;
      const hash = sha256(replicated);
      const known = { format: plan.format, base: hash, file: hash, local: [], text: replicated };
      const input = {
        path,
        primary: bytesOf(text(number)),
        local: bytesOf(replicated),
        known,
        deletedBefore: 0,
      };
      await turn();
      const next = concluded(pass.planRegion(input, rules, proven));
      proven = next?.proven;
      replicated = next?.plan.text;
    }
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function sampleRules(): FileRules {
  const { mapping } = compileMapping({
    pairs: [
      { kind: 'hostname', primary: 'here', backup: 'there' },
      { kind: 'ipv4', primary: '192.0.2.1', backup: '192.0.2.2' },
    ],
    shared: [],
  });
  return {
    relationship: '',
    mapping: mapping!,
    rewrite: 'swap',
    preserve: [],
    conflict: 'hold',
    mode: 'auto',
    unmapped: Object.fromEntries(KINDS.map(kind => [kind, 'warn'])) as Record<Kind, 'warn'>,
    guard: { max: 5, percent: 20 },
    digest: sha256,
  };
}
